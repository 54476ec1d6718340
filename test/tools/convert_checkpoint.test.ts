/** The command as a user runs it. */
import { existsSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { floats } from '../../host_tensor.js'
import { readSafetensors, writeSafetensors } from '../../weights/safetensors.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { pthFixture } from '../pretrained/pth_fixture.js'
import { configFile, runCommand } from './run_command.js'

const official = pthFixture('official_vanillanet')

const convert = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  runCommand('convert_checkpoint', args, { env })

test.serial('without a config all that is there is written, and told as JSON', async (t) => {
  const out = join(await temporaryFolder(t), 'new', 'out.safetensors')
  const { code, stdout, stderr } = await convert([official, out, '--json'])
  t.is(code, 0, stderr)
  const report = JSON.parse(stdout)
  t.deepEqual([report.out, report.key], [out, 'model_ema'])
  const { tensors, metadata } = await readSafetensors(out)
  t.deepEqual(metadata, { format: 'pt' })
  t.is(Object.keys(tensors).length, report.loaded.length)
  t.deepEqual(tensors['stem1.0.weight'].shape, [4, 3, 4, 4])
  t.deepEqual(tensors['cls2.0.bias'].shape, [5])
  t.true(stderr.includes('its pickle names argparse.Namespace, which was not called'))
})

test.serial('with a config what fits is written under the names of its model', async (t) => {
  const { folder, path } = await configFile(t)
  const out = join(folder, 'out.safetensors')
  const { code, stdout, stderr } = await convert([official, out, '--config', path])
  t.is(code, 0, stderr)
  t.regex(stdout, /51 of \d+ tensors loaded, the others are left out/)
  t.regex(stdout, /missing \d+ \(neck\..*the file holds a backbone alone/)
  const { tensors } = await readSafetensors(out)
  t.is(Object.keys(tensors).length, 51)
  t.true(Object.keys(tensors).every((name) => name.startsWith('backbone.')))
})

test.serial('misses without a reason exit with 2, the names, and no file', async (t) => {
  const { folder, path } = await configFile(t)
  const out = join(folder, 'out.safetensors')
  const options = ['--config', path, '--cfg-options', 'model.backbone.actNum=2']
  const { code, stderr } = await convert([official, out, ...options])
  t.is(code, 2)
  t.true(stderr.includes('backbone.stem2.2.weight is [4, 1, 3, 3], not [4, 1, 5, 5]'), stderr)
  t.false(existsSync(out))
})

test.serial('what a pickle asks for is not run by the command', async (t) => {
  const folder = await temporaryFolder(t)
  const [out, witness] = [join(folder, 'out.safetensors'), join(folder, 'pwned')]
  const env = { VANILLADET_PWNED: witness }
  const { code, stdout } = await convert([pthFixture('malicious'), out], env)
  t.is(code, 0)
  t.true(stdout.includes('its pickle names posix.system, which was not called'))
  t.false(existsSync(witness))
})

test.serial(
  'the file itself is not overwritten, nor one that lies where the output is written first',
  async (t) => {
    const unfinished = join(await temporaryFolder(t), 'out.safetensors.tmp')
    await copyFile(official, unfinished)
    const [same, beside] = await Promise.all([
      convert([official, official]),
      convert([unfinished, unfinished.slice(0, -4)]),
    ])
    t.deepEqual(
      [same, beside].map(({ code, stderr }) => [code, stderr]),
      [official, unfinished].map((file) => [
        2,
        `error: OUT would replace ${file}; give another path\n`,
      ]),
    )
    t.deepEqual(await readFile(unfinished), await readFile(official))
  },
)

test.serial('what a checkpoint says of itself is kept, of other files the classes', async (t) => {
  const folder = await temporaryFolder(t)
  const [own, ownOut, out] = ['own', 'own_out', 'out'].map((name) =>
    join(folder, `${name}.safetensors`),
  )
  const recorded = JSON.stringify({ iteration: 7, lambda: 0.5, classes: ['cat'] })
  await writeSafetensors(own, { a: floats([1], [1]) }, { vanilladet: recorded })
  const [kept, made] = await Promise.all([
    convert([own, ownOut, '--json']),
    convert([pthFixture('mmdetection'), out]),
  ])
  t.deepEqual([kept.code, made.code], [0, 0])
  t.is(JSON.parse(kept.stdout).source, 'vanilladet')
  t.deepEqual((await readSafetensors(ownOut)).metadata, { format: 'pt', vanilladet: recorded })
  const { metadata } = await readSafetensors(out)
  t.deepEqual(metadata, { format: 'pt', vanilladet: '{"classes":["cat","dog"]}' })
})
