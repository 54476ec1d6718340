import { parseArgs } from 'node:util'
import type { IouType } from '../evaluate/params.js'
import { nearestName } from './nearest_name.js'
import { UsageError } from './usage_error.js'

const IOU_TYPES: readonly string[] = ['bbox', 'segm', 'keypoints'] satisfies IouType[]

const OPTIONS = {
  'iou-type': { type: 'string' },
  'max-dets': { type: 'string' },
  sigmas: { type: 'string' },
  'class-agnostic': { type: 'boolean' },
  'per-class': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const
const OPTION_NAMES = Object.keys(OPTIONS)
const WITH_VALUE = new Set(['iou-type', 'max-dets', 'sigmas'])

const VALUE_HINTS: Record<string, string> = {
  'iou-type': `give ${alternatives(IOU_TYPES)}`,
  'max-dets': 'give numbers, such as 1,10,100',
  sigmas: 'give one for each keypoint, such as 0.026,0.025,0.035',
}

export interface EvalRequest {
  groundTruth: string
  results: string
  iouType: IouType
  /** Limits as `params.maxDets`; undefined for the defaults. */
  maxDets?: number[]
  /** Sigmas as `params.kpt_oks_sigmas`; undefined for those of COCO's 17 keypoints. */
  sigmas?: number[]
  /** Whether classes are one, as with `params.useCats = 0`. */
  classAgnostic: boolean
  perClass: boolean
  json: boolean
}

/** What the user asks for. */
export type Request = 'help' | 'version' | EvalRequest

/**
 * Understands a command line.
 *
 * @param argv without node and the script.
 * @throws UsageError naming what is wrong with it, and the nearest right word.
 */
export function parseArguments(argv: readonly string[]): Request {
  const { tokens, values, positionals } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    tokens: true,
  })
  for (const token of tokens) if (token.kind === 'option') checkOption(token)
  if (values.help) return 'help'
  if (values.version) return 'version'

  const [command, ...files] = positionals
  if (command !== 'eval') throw unknownCommand(command)
  if (files.length !== 2)
    throw new UsageError(
      `eval takes an annotation file and a results file, and got ${files.length === 0 ? 'none' : files.join(' ')}`,
      'write: pycocotools-js eval GROUND_TRUTH RESULTS --iou-type bbox',
    )
  const iouType = parseIouType(values['iou-type'])
  const request: EvalRequest = {
    groundTruth: files[0],
    results: files[1],
    iouType,
    maxDets: parseMaxDets(values['max-dets'], iouType),
    sigmas: parseSigmas(values.sigmas, iouType),
    classAgnostic: values['class-agnostic'] === true,
    perClass: values['per-class'] === true,
    json: values.json === true,
  }
  if (request.classAgnostic && request.perClass)
    throw new UsageError('--class-agnostic makes one class of all', 'leave out --per-class')
  return request
}

interface OptionToken {
  name: string
  /** Name as written, with its dashes. */
  rawName: string
  value?: string
  inlineValue?: boolean
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken): void {
  if (!OPTION_NAMES.includes(name)) {
    const nearest = nearestName(name, OPTION_NAMES)
    throw new UsageError(
      `${rawName} is no option`,
      nearest ? `did you mean --${nearest}?` : `the options are --${OPTION_NAMES.join(', --')}`,
    )
  }
  const takesValue = WITH_VALUE.has(name)
  if (!takesValue && value !== undefined)
    throw new UsageError(`${rawName} takes no value`, `write ${rawName} alone`)
  if (takesValue && (value === undefined || (!inlineValue && value.startsWith('-'))))
    throw new UsageError(`${rawName} has no value`, VALUE_HINTS[name])
}

function unknownCommand(command: string | undefined): UsageError {
  if (command === undefined)
    return new UsageError('no command is given', '--help lists what there is')
  const fix = nearestName(command, ['eval']) ? 'did you mean eval?' : 'the command is eval'
  return new UsageError(`${command} is no command`, fix)
}

function parseIouType(value: string | boolean | undefined): IouType {
  if (value === undefined)
    throw new UsageError('--iou-type is missing', `give ${alternatives(IOU_TYPES)}`)
  if (isIouType(value)) return value
  const nearest = nearestName(String(value), IOU_TYPES)
  throw new UsageError(
    `--iou-type ${value} is not known`,
    nearest ? `did you mean ${nearest}?` : `give ${alternatives(IOU_TYPES)}`,
  )
}

function isIouType(value: unknown): value is IouType {
  return typeof value === 'string' && IOU_TYPES.includes(value)
}

/** One for each keypoint: `0.026,0.025,...`. */
function parseSigmas(value: string | boolean | undefined, iouType: IouType): number[] | undefined {
  if (typeof value !== 'string') return undefined
  if (iouType !== 'keypoints')
    throw new UsageError(`--sigmas is for keypoints, not ${iouType}`, 'leave it out')
  const sigmas = value.split(',').map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
  if (sigmas.every((sigma) => sigma > 0 && Number.isFinite(sigma))) return sigmas
  throw new UsageError(
    `--sigmas ${value} are not all numbers above 0`,
    'give one for each keypoint, such as 0.026,0.025,0.035',
  )
}

/** `1,10,100`. The summary of boxes and masks needs three. */
function parseMaxDets(value: string | boolean | undefined, iouType: IouType): number[] | undefined {
  if (typeof value !== 'string') return undefined
  const numbers = value.split(',').map((text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : -1))
  if (numbers.every((number) => number >= 1) && (iouType === 'keypoints' || numbers.length === 3))
    return numbers
  throw new UsageError(
    `--max-dets ${value} is not what ${iouType} takes`,
    iouType === 'keypoints' ? 'give numbers, such as 20' : 'give three numbers, such as 1,10,100',
  )
}

function alternatives(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`
}
