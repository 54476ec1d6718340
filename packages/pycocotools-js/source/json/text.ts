import { BACKSLASH, LOWER_U } from './bytes_of_json.js'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** What stands behind a backslash, by byte. */
const ESCAPES: Record<number, string> = {}
for (const [name, character] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'])
  ESCAPES[name.charCodeAt(0)] = character

/**
 * The string that JSON writes with these bytes.
 *
 * @param start behind the opening quote.
 * @param end the closing quote. The bytes between must be sound: see `Scanner.text`.
 * @param isPlain whether they are ASCII without escapes.
 */
export function textOf(bytes: Uint8Array, start: number, end: number, isPlain: boolean): string {
  if (isPlain) return decoder.decode(bytes.subarray(start, end))
  let text = ''
  let decoded = start
  let at = bytes.indexOf(BACKSLASH, start)
  while (at >= 0 && at < end) {
    text += decoder.decode(bytes.subarray(decoded, at))
    const byte = bytes[at + 1]
    if (byte === LOWER_U) {
      const digits = decoder.decode(bytes.subarray(at + 2, at + 6))
      text += String.fromCharCode(Number.parseInt(digits, 16))
      at += 6
    } else {
      text += ESCAPES[byte]
      at += 2
    }
    decoded = at
    at = bytes.indexOf(BACKSLASH, at)
  }
  return text + decoder.decode(bytes.subarray(decoded, end))
}
