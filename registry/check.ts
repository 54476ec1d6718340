import { z } from 'zod'
import { ConfigError } from '../errors.js'
import { nearestWord } from './edit_distance.js'

type RawIssue = z.core.$ZodRawIssue

/** The config as `schema` reads it; a `ConfigError` names what is wrong otherwise, and where. */
export function check<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const result = schema.safeParse(value, { error: explain })
  if (result.success) return result.data
  // A mistyped key is the cause, and the key that is then missing the consequence: so it comes
  // first.
  const issues = result.error.issues
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path
  const { what, fix } = splitMessage(issue.message)
  throw new ConfigError(joinPath(path), what, fix)
}

/** `data.scales[0]` for `['data', 'scales', 0]`. */
export function joinPath(path: readonly PropertyKey[]): string {
  let joined = ''
  for (const key of path) {
    if (typeof key === 'number') joined += `[${key}]`
    else joined += joined === '' ? String(key) : `.${String(key)}`
  }
  return joined === '' ? 'config' : joined
}

/** zod carries one text an issue: ours are `what; fix`, those of a schema's own checks too. */
function splitMessage(message: string): { what: string; fix: string } {
  const end = message.indexOf('; ')
  if (end < 0) return { what: `is not valid (${message})`, fix: 'correct it' }
  return { what: message.slice(0, end), fix: message.slice(end + 2) }
}

/** `what; fix` for one issue, wherever in a schema it arises. */
export function explain(issue: RawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys') return explainUnknownKey(issue)
  if (issue.code === 'invalid_type') return explainType(issue)
  if (issue.code === 'invalid_value') return explainChoice(issue.input, issue.values)
  if (issue.code === 'invalid_union') return explainUnion(issue)
  if (issue.code === 'too_small' || issue.code === 'too_big') return explainSize(issue)
  if (issue.code === 'not_multiple_of') {
    return `is ${show(issue.input)}; give a multiple of ${issue.divisor}`
  }
  return undefined // a schema's own check brings its own sentence
}

function explainUnknownKey(issue: RawIssue & { code: 'unrecognized_keys' }): string {
  const schema = issue.inst
  const valid = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  const owner = schema instanceof z.ZodObject ? schema.meta()?.title : undefined
  const what = owner ? `is not an option of ${owner}` : 'is not an option here'
  const nearest = nearestWord(issue.keys[0], valid)
  return `${what}; ${nearest ? `did you mean ${nearest}?` : `use ${listOf(valid)}`}`
}

const KINDS: Record<string, string> = {
  number: 'a number',
  int: 'an integer',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a group of options',
  record: 'a group of options',
}

function explainType(issue: RawIssue & { code: 'invalid_type' }): string {
  const kind = KINDS[issue.expected] ?? issue.expected
  if (issue.input === undefined) return `is missing; give ${kind}`
  return `is ${show(issue.input)}, which is not ${kind}; give ${kind}`
}

function explainChoice(value: unknown, choices: readonly unknown[]): string {
  const list = listOf(choices.map((choice) => show(choice)))
  return value === undefined ? `is missing; use ${list}` : `is ${show(value)}; use ${list}`
}

/** Names all that any alternative would have taken. */
function explainUnion(issue: RawIssue & { code: 'invalid_union' }): string {
  const shape = issue.inst instanceof z.ZodDiscriminatedUnion ? issue.inst.def : undefined
  if (shape) {
    const types = shape.options.flatMap((option) => [...(option._zod.propValues?.type ?? [])])
    return explainChoice((issue.input as Record<string, unknown>)[shape.discriminator], types)
  }
  const wanted = issue.errors.flatMap(([first]) => {
    if (first?.code === 'invalid_value') return first.values.map((value) => show(value))
    if (first?.code === 'invalid_type') return [KINDS[first.expected] ?? first.expected]
    return []
  })
  return `is ${show(issue.input)}; use ${listOf([...new Set(wanted)])}`
}

function explainSize(issue: RawIssue & { code: 'too_small' | 'too_big' }): string {
  const small = issue.code === 'too_small'
  const bound = Number(small ? issue.minimum : issue.maximum)
  if (issue.origin === 'array') {
    const length = (issue.input as unknown[]).length
    const exact = issue.inst instanceof z.ZodTuple ? '' : small ? 'at least ' : 'at most '
    return `has ${count(length, 'value')}; give ${exact}${bound}`
  }
  if (issue.origin === 'string') return 'is empty; give a text'
  const limit = issue.inclusive
    ? `of ${small ? 'at least' : 'at most'} ${bound}`
    : `${small ? 'above' : 'below'} ${bound}`
  return `is ${show(issue.input)}, which is too ${small ? 'small' : 'large'}; give a number ${limit}`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** `a, b or c`. */
export function listOf(items: readonly string[]): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} or ${items[items.length - 1]}`
}

/** A value as a config spells it, cut where it is long. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
