import { isList } from './is_list.js'

const MAX_ENTRIES = 8
const MAX_LETTERS = 20

/** What a user gave, as errors show it: short, and whatever it is, no error by itself. */
export function showValue(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > MAX_LETTERS ? `${value.slice(0, MAX_LETTERS)}...` : value)
  if (isList(value)) {
    const entries = Array.from({ length: Math.min(value.length, MAX_ENTRIES) }, (_, i) =>
      isList(value[i]) ? 'a list' : showValue(value[i]),
    )
    return `[${entries.join(', ')}${value.length > MAX_ENTRIES ? ', ...' : ''}]`
  }
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
