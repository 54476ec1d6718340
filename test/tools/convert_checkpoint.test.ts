/** The command as a user runs it. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { readSafetensors } from '../../training/safetensors.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { tinyExperiment } from '../experiments/tiny_experiment.js'
import { pthFixture } from '../pretrained/pth_fixture.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSX = import.meta.resolve('tsx')
const official = pthFixture('official_vanillanet')

function convert(args: string[], env: NodeJS.ProcessEnv = {}) {
  const file = join(ROOT, 'tools', 'convert_checkpoint.ts')
  const child = spawn(process.execPath, [`--import=${TSX}`, file, ...args], {
    env: { ...process.env, ...env },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => (stdout += text))
  child.stderr.on('data', (text) => (stderr += text))
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The tiny experiment's config as a file; its backbone is that of the official fixture. */
async function configFile(t: ExecutionContext): Promise<{ folder: string; path: string }> {
  const { folder, config } = await tinyExperiment(t)
  const path = join(folder, 'tiny.ts')
  await writeFile(path, `export default ${JSON.stringify(config)}\n`)
  return { folder, path }
}

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
  t.regex(stdout, /51 of \d+ tensors loaded, the others start anew/)
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

test.serial('the file itself is not overwritten', async (t) => {
  const { code, stderr } = await convert([official, official])
  t.is(code, 2)
  t.is(stderr, 'error: OUT is the file itself; give another path\n')
})
