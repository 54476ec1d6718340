/** `test` of a classifier's checkpoint, as a user runs it. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { twoEpochs } from '../experiments/tiny_classification.js'
import { configFile, runCommand as run } from './run_command.js'

test.serial('a classifier is tested: accuracy, by class, and its predictions', async (t) => {
  const { folder, config } = await twoEpochs(t)
  const path = join(folder, 'tiny.json')
  await writeFile(path, JSON.stringify({ ...config, evaluation: undefined }))
  const out = join(folder, 'predictions.json')
  const tested = await run('test', [path, 'random', '--per-class', '--json', '--out', out])
  t.is(tested.code, 0, tested.stderr)
  const { top1, top5, perClass, confusion } = JSON.parse(tested.stdout)
  t.true(top1 >= 0 && top1 <= top5 && top5 <= 1)
  t.is(perClass.length, 10)
  t.is(
    confusion.flat().reduce((sum: number, count: number) => sum + count),
    20,
  )
  t.regex(tested.stderr, /^evaluates on 20 pictures of 10 classes in /m)
  t.regex(tested.stderr, new RegExp(`^top-1 ${top1.toFixed(4)}$`, 'm'))
  t.regex(tested.stderr, /^class +pictures +top-1 +precision$/m)
  const saved = JSON.parse(await readFile(out, 'utf8'))
  t.deepEqual(Object.keys(saved.predictions[0]).sort(), ['file', 'label', 'labels', 'scores'])
  const right = saved.predictions.filter(
    ({ label, labels }: { label: number; labels: number[] }) => label === labels[0],
  )
  t.is(right.length / 20, top1)

  const real = join(folder, 'real.json')
  await writeFile(real, '[[1]]')
  const refused = await run('test', [path, 'random', '--real', real])
  t.is(refused.code, 2)
  t.regex(
    refused.stderr,
    /is no validation picture of ImageNet, whose labels .*; leave out --real$/m,
  )
})

test.serial('--real is refused for a detector', async (t) => {
  const { path } = await configFile(t)
  const { code, stderr } = await run('test', [path, 'random', '--real', 'real.json'])
  t.is(code, 2)
  t.regex(
    stderr,
    /^error: --real is given, but model\.type is RetinaNet; leave it out, or test a Classifier$/m,
  )
})
