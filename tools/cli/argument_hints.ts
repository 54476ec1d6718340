import { existsSync, statSync } from 'node:fs'
import type { Command, Option } from 'commander'
import { ConfigError } from '../../errors.js'

/** What a file is, by its ending. */
const KINDS = {
  config: { ending: /\.[cm]?[jt]s$/i, what: 'a config' },
  weights: { ending: /\.(?:safetensors|pth|pt|bin|ckpt)$/i, what: 'a weights file' },
  exported: { ending: /\.onnx$/i, what: 'an exported model' },
  image: { ending: /\.(?:jpe?g|png|webp|tiff?|gif|avif|bmp)$/i, what: 'an image' },
  json: { ending: /\.json$/i, what: 'a JSON file' },
} as const

type Kind = keyof typeof KINDS

/** No config in JSON is as long; annotations and results mostly are longer. */
const MAX_CONFIG_BYTES = 1e6

/**
 * Refuses an argument that an option has taken as its value: `--resume CONFIG`,
 * `--cfg-options a=1 CONFIG`, `--activation IMAGE`.
 *
 * @param argv without the program.
 */
export function refuseSwallowed(program: Command, argv: readonly string[]): void {
  for (const option of program.options.filter(({ optional, variadic }) => optional || variadic)) {
    const value = valuesOf(option, argv).find((value) => isArgument(option, value))
    if (value === undefined) continue
    const kind = kindOf(value)
    const what = kind ? `, ${KINDS[kind].what},` : ''
    throw new ConfigError(
      option.long ?? option.flags,
      `took ${value}${what} for its value`,
      `put it before the option: ${program.name()} ... ${value} ${option.long}`,
    )
  }
}

/**
 * Refuses arguments in the wrong order, and files that are not of the kind that an argument takes.
 */
export function refuseSwapped(program: Command): void {
  const given = new Map(
    program.registeredArguments.map((argument, i) => {
      return [argument.name(), program.processedArgs[i] as string | string[]] as const
    }),
  )
  const order = [...given.keys()].map((name) => name.toUpperCase()).join(' ')
  const inOrder = `the order is ${program.name()} ${order}`
  const [config, checkpoint, out] = ['config', 'checkpoint', 'out'].map((name) => given.get(name))
  for (const path of [config].flat()) if (path !== undefined) requireConfig(path, given, inOrder)
  if (typeof checkpoint !== 'string') return
  const kind = kindOf(checkpoint)
  if (kind !== undefined && kind !== 'weights') {
    const fix = kind === 'exported' ? 'give the weights that it was exported from' : 'give weights'
    const isSwapped = [...given].some(([name, value]) => {
      return name !== 'config' && [value].flat().some((path) => kindOf(path) === 'weights')
    })
    const what = `is ${checkpoint}, ${KINDS[kind].what}`
    throw new ConfigError('CHECKPOINT', what, isSwapped || kind === 'image' ? inOrder : fix)
  }
  if (typeof out === 'string' && kind === 'weights' && !existsSync(checkpoint) && existsSync(out)) {
    const what = `${checkpoint} is not there, but OUT ${out} is`
    throw new ConfigError('CHECKPOINT', what, inOrder)
  }
}

function requireConfig(
  path: string,
  given: ReadonlyMap<string, string | string[]>,
  inOrder: string,
): void {
  const kind = kindOf(path)
  if (kind === 'config' || (kind === undefined && !isFolder(path))) return
  const others = [...given].flatMap(([name, value]) => (name === 'config' ? [] : value))
  const isSwapped = others.some((other) => kindOf(other) === 'config')
  if (kind === 'json' && !isSwapped && !isLong(path)) return
  const what = `is ${path}, ${kind ? KINDS[kind].what : 'a folder'}`
  const fix = isSwapped
    ? inOrder
    : 'give a TypeScript or JavaScript file such as configs/retinanet_vanilla13.ts'
  throw new ConfigError('CONFIG', what, fix)
}

/** What stands behind an option, also as `--option=value`. */
function valuesOf({ long, short, variadic }: Option, argv: readonly string[]): string[] {
  const values: string[] = []
  for (const [i, word] of argv.entries()) {
    if (word === '--') break
    if (long && word.startsWith(`${long}=`)) values.push(word.slice(long.length + 1))
    if (word !== long && word !== short) continue
    const end = argv.findIndex((next, j) => j > i && next.startsWith('-'))
    const behind = argv.slice(i + 1, end < 0 ? undefined : end)
    values.push(...(variadic ? behind : behind.slice(0, 1)))
  }
  return values
}

/**
 * What can only be an argument of the command, by what an option's value is called in its flags.
 */
const IS_ARGUMENT: Record<string, (value: string) => boolean> = {
  'k=v': (value) => !value.includes('=') && kindOf(value) !== undefined,
  checkpoint: (value) => !['weights', undefined].includes(kindOf(value)),
  class: (value) => kindOf(value) !== undefined || (value.includes('/') && existsSync(value)),
  n: (value) => kindOf(value) !== undefined,
  file: isFolder, // of the report, whose arguments are work dirs
}

function isArgument({ flags }: Option, value: string): boolean {
  const called = /[<[]([^\].>]+)/.exec(flags)?.[1] ?? ''
  return IS_ARGUMENT[called]?.(value) ?? false
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

function isLong(path: string): boolean {
  return existsSync(path) && statSync(path).size > MAX_CONFIG_BYTES
}

function kindOf(path: string): Kind | undefined {
  return (Object.keys(KINDS) as Kind[]).find((kind) => KINDS[kind].ending.test(path))
}
