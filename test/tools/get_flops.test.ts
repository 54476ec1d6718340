import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { tinyClassification, tinyClassifierModel } from '../experiments/tiny_classification.js'
import { configFile, runCommand } from './run_command.js'

test.serial('a classifier is counted at data.imageSize, and without data at 224', async (t) => {
  const { folder, path } = await configFile(t, tinyClassification)
  const bare = join(folder, 'bare.json')
  await writeFile(bare, JSON.stringify({ model: tinyClassifierModel }))
  const [withData, without, given] = await Promise.all([
    runCommand('get_flops', [path, '--json']),
    runCommand('get_flops', [bare, '--json']),
    runCommand('get_flops', [path, '--shape', '48', '64']),
  ])
  t.deepEqual(JSON.parse(withData.stdout).shape, [32, 32])
  t.deepEqual(JSON.parse(without.stdout).shape, [224, 224])
  t.true(JSON.parse(without.stdout).gmacs > JSON.parse(withData.stdout).gmacs)
  t.regex(given.stdout, /^.*, deploy form, 48 x 64 pixels$/m)
})
