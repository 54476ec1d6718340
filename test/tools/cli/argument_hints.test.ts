import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { Command } from 'commander'
import { refuseSwallowed, refuseSwapped } from '../../../tools/cli/argument_hints.js'
import { temporaryFolder } from '../../datasets/coco_folder.js'

/** The sentence that a command line is refused with; undefined where it is not. */
function refusal(program: Command, argv: string[]): string | undefined {
  try {
    refuseSwallowed(program, argv)
    program.exitOverride().parse(argv, { from: 'user' })
    refuseSwapped(program)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const train = () =>
  new Command('train')
    .argument('<config>')
    .option('--resume [checkpoint]')
    .option('--cfg-options <k=v...>')
    .option('--batch <n...>')

const infer = () =>
  new Command('infer')
    .argument('<config>')
    .argument('<checkpoint>')
    .argument('<images...>')
    .option('--activation [class]')

const reparameterize = () =>
  new Command('reparameterize').argument('<config>').argument('<checkpoint>').argument('<out>')

const report = () => new Command('report').argument('<dirs...>').option('--benchmark <file...>')

test('an argument that an option took for its value is refused with the order', async (t) => {
  t.is(
    refusal(train(), ['--resume', 'configs/a.ts']),
    '--resume took configs/a.ts, a config, for its value; put it before the option: train ... configs/a.ts --resume',
  )
  t.is(
    refusal(train(), ['--cfg-options', 'data.batchSize=2', 'configs/a.mjs']),
    '--cfg-options took configs/a.mjs, a config, for its value; put it before the option: train ... configs/a.mjs --cfg-options',
  )
  t.regex(refusal(train(), ['--batch', '1', '8', 'configs/a.ts']) ?? '', /^--batch took configs/)
  t.regex(refusal(train(), ['--resume=configs/a.ts', 'b.ts']) ?? '', /^--resume took configs/)
  const activation = refusal(infer(), ['a.ts', 'random', '--activation', 'photo.jpg'])
  t.regex(activation ?? '', /^--activation took photo\.jpg, an image, for its value; put it before/)
  const folder = await temporaryFolder(t)
  t.is(
    refusal(report(), ['--benchmark', 'times.json', folder]),
    `--benchmark took ${folder} for its value; put it before the option: report ... ${folder} --benchmark`,
  )
})

test('values that belong to an option are left to it', (t) => {
  for (const [program, argv] of [
    [train(), ['configs/a.ts', '--resume', 'run/epoch_3.safetensors']],
    [train(), ['configs/a.ts', '--resume', 'run']],
    [train(), ['configs/a.ts', '--resume']],
    [train(), ['run/config.json', '--resume']],
    [train(), ['configs/a.ts', '--cfg-options', 'data.val.annFile=a.json', 'x']],
    [train(), ['configs/a.ts', '--batch', '1', '8']],
    [infer(), ['a.ts', 'random', 'a.jpg', '--activation', 'dog']],
    [report(), ['run', '--benchmark', 'times.json']],
  ] as const) {
    t.is(refusal(program, [...argv]), undefined, argv.join(' '))
  }
})

test('arguments in the wrong order are refused with the right one', (t) => {
  t.is(
    refusal(infer(), ['w.pth', 'a.ts', 'a.jpg']),
    'CONFIG is w.pth, a weights file; the order is infer CONFIG CHECKPOINT IMAGES',
  )
  t.is(
    refusal(infer(), ['results.json', 'a.ts', 'a.jpg']),
    'CONFIG is results.json, a JSON file; the order is infer CONFIG CHECKPOINT IMAGES',
  )
  t.is(
    refusal(infer(), ['a.ts', 'a.jpg', 'w.pth']),
    'CHECKPOINT is a.jpg, an image; the order is infer CONFIG CHECKPOINT IMAGES',
  )
  t.is(
    refusal(reparameterize(), ['a.ts', 'm.onnx', 'w.safetensors']),
    'CHECKPOINT is m.onnx, an exported model; the order is reparameterize CONFIG CHECKPOINT OUT',
  )
})

test('files of another kind than an argument takes are refused with what to give', async (t) => {
  const folder = await temporaryFolder(t)
  const annotations = join(folder, 'annotations.json')
  await writeFile(annotations, ' '.repeat(1_000_001))
  for (const [path, what] of [
    ['w.safetensors', 'a weights file'],
    [annotations, 'a JSON file'],
    ['a.jpg', 'an image'],
    [folder, 'a folder'],
  ]) {
    t.is(
      refusal(train(), [path]),
      `CONFIG is ${path}, ${what}; give a TypeScript or JavaScript file such as configs/retinanet_vanilla13.ts`,
    )
  }
  t.is(
    refusal(infer(), ['a.ts', 'm.onnx', 'a.jpg']),
    'CHECKPOINT is m.onnx, an exported model; give the weights that it was exported from',
  )
  t.is(
    refusal(infer(), ['a.ts', 'results.json', 'a.jpg']),
    'CHECKPOINT is results.json, a JSON file; give weights',
  )
})

test('of two weights files the one that is there is taken for the swapped one', async (t) => {
  const folder = await temporaryFolder(t)
  const [there, missing] = ['there.pth', 'missing.pth'].map((name) => join(folder, name))
  await writeFile(there, '')
  t.is(
    refusal(reparameterize(), ['a.ts', missing, there]),
    `CHECKPOINT ${missing} is not there, but OUT ${there} is; the order is reparameterize CONFIG CHECKPOINT OUT`,
  )
  t.is(refusal(reparameterize(), ['a.ts', there, missing]), undefined)
})
