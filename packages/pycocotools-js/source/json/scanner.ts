import {
  BACKSLASH,
  CARRIAGE_RETURN,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DIGIT_0,
  IS_PLAIN,
  IS_WORD,
  LINE_FEED,
  LOWER_E,
  LOWER_U,
  MINUS,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  TAB,
  UPPER_E,
} from './bytes_of_json.js'
import { longDecimal, smallDecimal } from './decimal.js'
import { utf8Length } from './utf8.js'

/** What JSON has in a place, for errors. */
const A_VALUE = 'a value'
const A_KEY = 'a quoted key'
const A_COLON = 'a colon'
const END_OF_STRING = 'a closing quote'
const ESCAPED = 'an escape such as "\\n"'
const KNOWN_ESCAPE = 'an escape that JSON has, such as "\\n" or "\\u000a"'
export const UTF8 = 'UTF-8'

/** 1 for the bytes that may stand behind a backslash: `"\/bfnrt`. */
const IS_ESCAPE = new Uint8Array(256)
for (const character of '"\\/bfnrt') IS_ESCAPE[character.charCodeAt(0)] = 1

/**
 * Reads the tokens of JSON from bytes, without copies.
 *
 * What reads gives false for bytes that do not fit, and then `at` is the fault, or `end` where the
 * bytes run out first, and `expected` says what JSON has there.
 *
 * Besides JSON, `NaN`, `Infinity` and `-Infinity` are numbers, as for Python's `json`.
 */
export class Scanner {
  /** `bytes[end]` is 0, so that loops end without asking for `end`. */
  bytes: Uint8Array
  /** The next byte. */
  at = 0
  end: number
  /** Whether more bytes will follow: a word that reaches the end may go on. */
  isCut = false
  expected = ''
  /** From 1. */
  line = 1
  /** Where the line starts; negative where these bytes are gone. */
  lineStart = 0
  /** By how much the bytes of the line so far outnumber its UTF-16 units. */
  extraBytes = 0
  /** True where the string read last is ASCII without escapes. */
  isPlain = true
  /** Refuses `NaN` and its like, as `JSON.parse` does. */
  isStrict = false

  constructor(bytes: Uint8Array, end: number) {
    this.bytes = bytes
    this.end = end
  }

  fail(expected: string): false {
    this.expected = expected
    return false
  }

  /** Moves past spaces, tabs and line breaks. @returns the byte that follows. */
  space(): number {
    const { bytes } = this
    let { at } = this
    let byte = bytes[at]
    while (byte <= SPACE) {
      if (byte === LINE_FEED) {
        this.line++
        this.lineStart = at + 1
        this.extraBytes = 0
      } else if (byte !== SPACE && byte !== CARRIAGE_RETURN && byte !== TAB) break
      byte = bytes[++at]
    }
    this.at = at
    return byte
  }

  /** A comma, or the end of the list or object, which is taken too. */
  separator(close: number): boolean {
    const byte = this.space()
    if (byte !== COMMA && byte !== close)
      return this.fail(close === CLOSE_OBJECT ? 'a comma or "}"' : 'a comma or "]"')
    this.at++
    return true
  }

  /** A key of an object, and its colon. */
  key(): boolean {
    return this.quotedKey() && this.colon()
  }

  quotedKey(): boolean {
    return this.space() === QUOTE ? this.text() : this.fail(A_KEY)
  }

  colon(): boolean {
    if (this.space() !== COLON) return this.fail(A_COLON)
    this.at++
    return true
  }

  /** A string. `at` is its opening quote, and then the byte after its closing quote. */
  text(): boolean {
    const { bytes } = this
    this.isPlain = true
    let at = this.at + 1
    for (;;) {
      let byte = bytes[at]
      while (IS_PLAIN[byte] === 1) byte = bytes[++at]
      this.at = at
      if (byte === QUOTE) break
      this.isPlain = false
      if (byte === BACKSLASH ? !this.escape() : !this.wideCharacter()) return false
      at = this.at
    }
    this.at = at + 1
    return true
  }

  private escape(): boolean {
    const { bytes, end } = this
    const byte = bytes[this.at + 1]
    let length = IS_ESCAPE[byte] ? 2 : 0
    if (byte === LOWER_U) {
      let digits = 0
      while (digits < 4 && isHexDigit(bytes[this.at + 2 + digits])) digits++
      if (digits === 4) length = 6
      else if (this.at + 2 + digits >= end) this.at = end
    } else if (this.at + 1 >= end) this.at = end
    if (length === 0) return this.fail(this.at === end ? END_OF_STRING : KNOWN_ESCAPE)
    this.at += length
    return true
  }

  private wideCharacter(): boolean {
    const { bytes, end } = this
    if (this.at >= end) return this.fail(END_OF_STRING)
    if (bytes[this.at] < SPACE) return this.fail(ESCAPED)
    const length = utf8Length(bytes, this.at)
    if (length === 0) {
      let next = this.at + 1 // where a character is cut off, the end is the fault
      while (next < end && bytes[next] >> 6 === 2) next++
      if (next === end && next - this.at < 4 && bytes[this.at] >= 0xc2) this.at = end
      return this.fail(this.at === end ? END_OF_STRING : UTF8)
    }
    this.at += length
    this.extraBytes += length === 2 ? 1 : 2 // four bytes are two UTF-16 units
    return true
  }

  /** A number, written to `into[place]`. */
  number(into: Float64Array, place: number): boolean {
    const { bytes, at: start } = this
    let at = start
    let byte = bytes[at]
    const isNegative = byte === MINUS
    if (isNegative) byte = bytes[++at]

    let mantissa = byte - DIGIT_0
    if (!(mantissa >= 0 && mantissa <= 9)) return this.namedNumber(into, place)
    let digit = bytes[++at] - DIGIT_0
    if (mantissa !== 0) {
      while (digit >= 0 && digit <= 9) {
        mantissa = 10 * mantissa + digit
        digit = bytes[++at] - DIGIT_0
      }
    }
    let exponent = 0
    if (digit === POINT - DIGIT_0) {
      const point = at
      digit = bytes[++at] - DIGIT_0
      while (digit >= 0 && digit <= 9) {
        mantissa = 10 * mantissa + digit
        digit = bytes[++at] - DIGIT_0
      }
      exponent = point + 1 - at
      if (exponent === 0) return this.fail(A_VALUE)
    }
    byte = bytes[at]
    if (byte === LOWER_E || byte === UPPER_E) {
      byte = bytes[++at]
      const isDown = byte === MINUS
      if (isDown || byte === PLUS) at++
      const first = at
      let power = 0
      for (digit = bytes[at] - DIGIT_0; digit >= 0 && digit <= 9; digit = bytes[++at] - DIGIT_0)
        power = 10 * power + digit
      if (at === first) return this.fail(A_VALUE)
      exponent += isDown ? -power : power
      byte = bytes[at]
    }
    if (IS_WORD[byte]) return this.fail(A_VALUE)
    this.at = at

    const value = smallDecimal(mantissa, exponent)
    if (value >= 0) into[place] = isNegative ? -value : value
    else into[place] = longDecimal(bytes, start, at, exponent)
    return true
  }

  private namedNumber(into: Float64Array, place: number): boolean {
    if (this.isStrict) return this.fail(A_VALUE)
    if (this.word('NaN')) into[place] = Number.NaN
    else if (this.word('Infinity')) into[place] = Number.POSITIVE_INFINITY
    else if (this.word('-Infinity')) into[place] = Number.NEGATIVE_INFINITY
    else return this.fail(A_VALUE)
    return true
  }

  /** Takes a word such as `null`, if it stands here and ends here. */
  word(word: string): boolean {
    const { bytes, at } = this
    for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return false
    if (IS_WORD[bytes[at + word.length]]) return false
    this.at = at + word.length
    return true
  }
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 32
  return (byte >= 48 && byte <= 57) || (letter >= 97 && letter <= 102)
}
