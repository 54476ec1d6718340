#!/usr/bin/env node
/**
 * `vanilladet NAME ...` runs the command `tools/NAME`: in a checkout from its TypeScript sources,
 * whether it is built or not, and in an installed package as it was built.
 */
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Each command, with what its own `--help` says it does. */
const COMMANDS = {
  demo: 'Trains, evaluates, merges, exports and times a tiny model.',
  train: 'Trains the model of a config; writes metrics.jsonl, checkpoints and config.json.',
  test: 'Evaluates a checkpoint on data.val: COCO numbers, or top-1 and top-5 accuracy.',
  infer: 'Detects in images or classifies them, and draws boxes, masks and labels.',
  reparameterize: 'Merges the weights of a checkpoint into the deploy form, and checks it.',
  export_onnx: 'Writes a self-contained ONNX file for one size of input.',
  benchmark: 'Times models, from pixels to detections or scores; several take turns.',
  get_flops: 'Counts parameters and multiply-accumulates of a model for one image.',
  browse_dataset: 'Draws what a model is given: images as prepared, with their objects or class.',
  convert_checkpoint:
    'Converts weights of PyTorch, and says what of them fits a model. Nothing that a pickle asks for is run.',
  report: 'Writes one HTML page about training runs and benchmarks.',
  setup_cuda: "Installs ONNX Runtime's CUDA provider, and checks that a graph runs on the GPU.",
  setup_tensorflow:
    "Installs TensorFlow.js's native backend, for --engine tensorflow, and checks that it computes.",
}

const name = process.argv[2]

if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
  process.stdout.write(help())
  if (name === undefined) process.exitCode = 2
} else if (['--version', '-V'].includes(name)) {
  process.stdout.write(`${version()}\n`)
} else if (!Object.hasOwn(COMMANDS, name)) {
  const commands = Object.keys(COMMANDS).join(', ')
  process.stderr.write(`error: vanilladet has no command ${name}; use one of ${commands}\n`)
  process.exitCode = 2
} else {
  await runCommand(name)
}

async function runCommand(name) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, endWhileLoading)
  const source = new URL(`../tools/${name}.ts`, import.meta.url)
  const isCheckout = existsSync(source)
  const command = isCheckout ? source : new URL(`../dist/tools/${name}.js`, import.meta.url)
  process.argv.splice(1, 2, fileURLToPath(command))
  if (isCheckout) {
    // Commands start processes of their own as they were started: with these arguments.
    process.execArgv.push(`--import=${import.meta.resolve('tsx')}`)
    const { register } = await import('tsx/esm/api')
    register()
  }
  await import(command.href)
}

/** Until the command itself answers signals, there is nothing that could be lost. */
function endWhileLoading(signal) {
  if (process.listenerCount(signal) > 1) return
  process.stderr.write('stopped while loading; nothing was computed or written\n')
  process.exit(128 + constants.signals[signal])
}

function help() {
  const width = Math.max(...Object.keys(COMMANDS).map(({ length }) => length))
  const lines = Object.entries(COMMANDS).map(([name, what]) => `  ${name.padEnd(width)}  ${what}`)
  return [
    'Usage: npx vanilladet COMMAND ...',
    '',
    ...lines,
    '',
    'npx vanilladet COMMAND --help lists what a command takes.',
    '',
  ].join('\n')
}

function version() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}
