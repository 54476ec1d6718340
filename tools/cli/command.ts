import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { DeviceName } from '../../engine/compute_options.js'
import { ConfigError, DataError, DeviceError, TrainingError } from '../../errors.js'
import { CocoError } from '../../packages/pycocotools-js/source/errors.js'
import { answerSignals } from './answer_signals.js'
import { refuseSwallowed, refuseSwapped } from './argument_hints.js'
import { isUnderTsx, runApartFromTsx } from './leave_tsx.js'

/** Options of every command that takes a config. */
export interface ConfigFlags {
  cfgOptions: string[]
  json?: boolean
}

/** A command line in the house's form; its arguments and options are added to it. */
export function command(name: string, summary: string): Command {
  return new Command(`npx vanilladet ${name}`)
    .description(summary)
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(text) })
    .showHelpAfterError('(--help lists what it takes)')
}

/** Adds `--cfg-options`, `--device` and `--json`. */
export function configOptions(program: Command, devices: readonly DeviceName[] = ['cpu']): Command {
  return program
    .option('--cfg-options <k=v...>', 'set config options, such as data.batchSize=2', [])
    .addOption(deviceOption(devices))
    .option('--json', 'print one JSON document on standard output, all else on standard error')
}

/** `--form train|deploy`. */
export function formOption(description: string): Option {
  return new Option('--form <form>', description).choices(['train', 'deploy'])
}

/** What `--weights` sets. */
export interface WeightsFlag {
  weights?: 'model' | 'ema'
}

/** `--weights model|ema`. */
export function weightsOption(): Option {
  return new Option(
    '--weights <kind>',
    'the weights as trained, or their running averages (default: model; of files from elsewhere ema, where they have it)',
  ).choices(['model', 'ema'])
}

export type Shape = [height: number, width: number]

/** The input that published figures of detectors are for. */
export const COCO_SHAPE: Shape = [800, 1280]

/** `--shape H W`, input pixels. */
export function shapeOption(description: string): Option {
  return new Option('--shape <H W>', description).argParser(parseShape)
}

/** A whole number of at least `least`. */
export function parseCount(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`Give a whole number of at least ${least}.`)
  }
}

/**
 * Runs `main` on the arguments of the process, and sets its exit code: 0, 2 for what the user can
 * fix, 130 and 143 after Ctrl-C and SIGTERM, 1 for the rest.
 *
 * `main` returns the JSON document of the command. With `--json` it is printed, and `say` goes to
 * standard error with everything else.
 */
export async function run<Flags extends { json?: boolean }, Args extends unknown[] = string[]>(
  program: Command,
  main: (args: Args, flags: Flags, say: (line: string) => void) => Promise<unknown>,
): Promise<void> {
  if (isUnderTsx()) {
    process.exitCode = await runApartFromTsx()
    return
  }
  // Libraries greet on console.log; standard output is for results alone.
  console.log = console.info = console.warn = console.error
  process.once('beforeExit', reportLost)
  const signals = answerSignals()
  try {
    const argv = joinShape(process.argv.slice(2))
    refuseSwallowed(program, argv)
    program.exitOverride().parse(argv, { from: 'user' })
    refuseSwapped(program)
    const flags = program.opts<Flags>()
    const stream = flags.json ? process.stderr : process.stdout
    const document = await main(program.processedArgs as Args, flags, (line) =>
      stream.write(`${printable(line)}\n`),
    )
    if (flags.json) process.stdout.write(`${JSON.stringify(document)}\n`)
    process.exitCode = signals.exitCode() ?? process.exitCode
  } catch (error) {
    process.exitCode = report(error)
  } finally {
    process.off('beforeExit', reportLost)
    signals.finish()
  }
}

/**
 * Nothing is left to run while the command still waits; Node would end with 13 and not report why.
 */
function reportLost(): void {
  process.exitCode = report(
    new Error('the command ended in the middle: what it waits for cannot come'),
  )
}

/**
 * Prints what went wrong as one sentence, with its stack if DEBUG is set; returns the exit code.
 */
function report(error: unknown): 0 | 1 | 2 {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // its message is printed
  const isFixable = [ConfigError, DataError, DeviceError, CocoError].some(
    (mendable) => error instanceof mendable,
  )
  const isForeseen = isFixable || error instanceof TrainingError
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`error: ${printable(message)}\n`)
  if (process.env.DEBUG && error instanceof Error)
    process.stderr.write(`${printable(error.stack ?? '')}\n`)
  else if (!isForeseen)
    process.stderr.write('This is a fault of the program; DEBUG=1 shows where.\n')
  return isFixable ? 2 : 1
}

/**
 * Without the control characters that names in files may hold, which terminals obey; line breaks
 * and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, '?')
}

/** `--device`; a command with little to compute takes the processor alone. */
function deviceOption(devices: readonly DeviceName[]): Option {
  const option = new Option('--device <name>', 'where to compute').default('cpu')
  if (devices.length > 1) return option.choices(devices)
  option.description += ': cpu'
  return option.argParser((text) => {
    if (devices.some((device) => device === text)) return text
    throw new InvalidArgumentError('This command computes on the cpu only.')
  })
}

/** Makes one argument of the two after `--shape`, which commander would not stop at. */
function joinShape(argv: string[]): string[] {
  const at = argv.indexOf('--shape') + 1
  const isPair = at > 0 && /^\d+$/.test(argv[at] ?? '') && /^\d+$/.test(argv[at + 1] ?? '')
  return isPair ? argv.toSpliced(at, 2, `${argv[at]} ${argv[at + 1]}`) : argv
}

function parseShape(text: string): Shape {
  const sides = text.split(' ').map(Number)
  if (sides.length === 2 && sides.every((side) => Number.isSafeInteger(side) && side > 0)) {
    return [sides[0], sides[1]]
  }
  throw new InvalidArgumentError('Give height and width, such as --shape 800 1280.')
}
