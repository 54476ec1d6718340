import { IS_WORD } from './bytes_of_json.js'
import { Scanner } from './scanner.js'
import { utf8Length } from './utf8.js'
import { ValueReader } from './value_reader.js'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Where a text stops being JSON. */
export interface JsonPlace {
  /** Number of the line, from 1. */
  line: number
  /** Column from 1, in UTF-16 units, as editors count. */
  column: number
  /** What stands there, such as `"}"`, or `the end of the text`. */
  found: string
  /** What JSON has there, such as `a value`. */
  expected: string
}

/**
 * Finds the first place where `text` is not JSON; null where all of it is.
 *
 * `JSON.parse` names the place in some versions of V8 and for some errors only.
 */
export function findJsonError(text: string): JsonPlace | null {
  const bytes = new TextEncoder().encode(`${text}\0`) // a scanner wants a 0 at the end
  const scanner = new Scanner(bytes, bytes.length - 1)
  scanner.isStrict = true
  if (!new ValueReader(scanner).skip()) return placeOf(scanner)
  scanner.space()
  if (scanner.at === scanner.end) return null
  scanner.fail('the end of the text')
  return placeOf(scanner)
}

/** The place where a scanner failed. */
export function placeOf(scanner: Scanner): JsonPlace {
  const { at, line, lineStart, extraBytes, expected } = scanner
  return { line, column: at - lineStart - extraBytes + 1, found: foundAt(scanner), expected }
}

function foundAt({ bytes, at, end }: Scanner): string {
  if (at === end) return 'the end of the text'
  let length = 0
  while (length < 20 && at + length < end && IS_WORD[bytes[at + length]]) length++
  if (length === 0) length = bytes[at] < 128 ? 1 : utf8Length(bytes, at)
  if (length === 0) return `the byte 0x${bytes[at].toString(16)}`
  return JSON.stringify(decoder.decode(bytes.subarray(at, at + length)))
}
