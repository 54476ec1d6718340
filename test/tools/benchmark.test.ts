import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { tinyClassification, tinyClassifierModel } from '../experiments/tiny_classification.js'
import { tinyModel } from '../experiments/tiny_experiment.js'
import { configFile, runCommand } from './run_command.js'

test.serial('both forms of a classifier are timed at data.imageSize', async (t) => {
  const { path } = await configFile(t, tinyClassification)
  const args = [path, '--runs', '1', '--repeats', '1', '--json']
  const { code, stdout, stderr } = await runCommand('benchmark', args)
  t.is(code, 0, stderr)
  const { rows } = JSON.parse(stdout)
  t.deepEqual(
    rows.map(({ form, shape, framework }: Record<string, unknown>) => [form, shape, framework]),
    [
      ['train', [32, 32], 'Classifier'],
      ['deploy', [32, 32], 'Classifier'],
    ],
  )
  for (const { peakMemoryMiB } of rows)
    if (process.platform === 'linux') t.true(peakMemoryMiB > 30, `${peakMemoryMiB} MiB`)
  t.regex(stderr, /^network of classifiers: bytes to scores/m)
  t.notRegex(stderr, /second stage/)
})

test.serial('detectors and classifiers share a run where a shape is given for both', async (t) => {
  const { folder, path } = await configFile(t, tinyClassification)
  const [detector, bare] = ['detector.json', 'bare.json'].map((name) => join(folder, name))
  await writeFile(detector, JSON.stringify({ model: tinyModel }))
  await writeFile(bare, JSON.stringify({ model: tinyClassifierModel }))
  const quick = ['--runs', '1', '--repeats', '1', '--no-memory', '--json']
  const [mixed, shared] = await Promise.all([
    runCommand('benchmark', [detector, path, bare, ...quick]),
    runCommand('benchmark', [detector, bare, '--shape', '64', '64', '--form', 'deploy', ...quick]),
  ])
  t.is(mixed.code, 2)
  t.is(
    mixed.stderr,
    'error: --shape is not given, and the configs have different inputs: 800 x 1280, 32 x 32, 224 x 224; give one for all, or time the configs apart\n',
  )
  t.is(shared.code, 0, shared.stderr)
  t.is(JSON.parse(shared.stdout).rows.length, 2)
})
