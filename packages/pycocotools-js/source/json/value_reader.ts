import {
  CLOSE_OBJECT,
  COMMA,
  OPEN_LIST,
  OPEN_OBJECT,
  OPEN_TO_CLOSE,
  QUOTE,
} from './bytes_of_json.js'
import type { Scanner } from './scanner.js'
import { textOf } from './text.js'

type Container = unknown[] | Record<string, unknown>

const ID_KEYS: readonly unknown[] = ['id', 'image_id', 'category_id']

/**
 * Reads values of any kind, as `JSON.parse` would. Without recursion, so that depth is no limit.
 *
 * Ids that a double would round become a `bigint`, so that errors can name them as they stand.
 */
export class ValueReader {
  /** What was read last. */
  value: unknown
  private readonly scanner: Scanner
  /**
   * For each list and object that is open the byte that closes it, itself, and the key that waits
   * for a value.
   */
  private readonly closes: number[] = []
  private readonly containers: Container[] = []
  private readonly keys: string[] = []
  private readonly number = new Float64Array(1)
  /** How many lists and objects are open around an id. */
  private idDepth = -1

  constructor(scanner: Scanner) {
    this.scanner = scanner
  }

  /** Moves past a value. @returns false as the scanner does. */
  skip(): boolean {
    this.idDepth = -1
    return this.walk(false)
  }

  /** Reads a value. @returns false as the scanner does. */
  read(): boolean {
    this.idDepth = -1
    return this.walk(true)
  }

  /** Reads a value that should be an id. @returns false as the scanner does. */
  readId(): boolean {
    this.idDepth = 0
    return this.walk(true)
  }

  /**
   * Reads a value that should be an image, an annotation or the like: an object with ids. @returns
   * as `read`.
   */
  readEntry(): boolean {
    this.idDepth = 1
    return this.walk(true)
  }

  private walk(isKept: boolean): boolean {
    const { scanner, closes, containers } = this
    closes.length = 0
    containers.length = 0
    this.keys.length = 0
    for (;;) {
      const byte = scanner.space()
      if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        const container = byte === OPEN_LIST ? [] : {}
        const close = byte + OPEN_TO_CLOSE
        scanner.at++
        if (scanner.space() !== close) {
          closes.push(close)
          if (isKept) containers.push(container)
          if (close === CLOSE_OBJECT && !this.key(isKept)) return false
          continue
        }
        scanner.at++
        this.value = container
      } else if (!this.scalar(byte, isKept)) return false

      for (;;) {
        if (closes.length === 0)
          return !scanner.isCut || scanner.at < scanner.end || scanner.fail('a value')
        if (isKept) this.put()
        const close = closes[closes.length - 1]
        if (!scanner.separator(close)) return false
        if (scanner.bytes[scanner.at - 1] === COMMA) {
          if (close === CLOSE_OBJECT && !this.key(isKept)) return false
          break
        }
        closes.pop()
        if (isKept) this.value = containers.pop()
      }
    }
  }

  private key(isKept: boolean): boolean {
    const { scanner } = this
    if (!isKept) return scanner.key()
    scanner.space()
    const start = scanner.at + 1
    if (!scanner.quotedKey()) return false
    this.keys.push(textOf(scanner.bytes, start, scanner.at - 1, scanner.isPlain))
    return scanner.colon()
  }

  private scalar(byte: number, isKept: boolean): boolean {
    const { scanner, number } = this
    const start = scanner.at
    if (byte === QUOTE) {
      if (!scanner.text()) return false
      if (isKept) this.value = textOf(scanner.bytes, start + 1, scanner.at - 1, scanner.isPlain)
    } else if (scanner.word('null')) this.value = null
    else if (scanner.word('true')) this.value = true
    else if (scanner.word('false')) this.value = false
    else if (scanner.number(number, 0))
      this.value = this.isRoundedId() ? this.digits(start) : number[0]
    else return false
    return true
  }

  private isRoundedId(): boolean {
    if (!(Math.abs(this.number[0]) > Number.MAX_SAFE_INTEGER)) return false
    const { closes, keys, idDepth } = this
    if (closes.length !== idDepth) return false
    return idDepth === 0 || ID_KEYS.includes(keys[keys.length - 1]) // a list has no keys
  }

  /** The whole number from `start` on; what has a point or an exponent stays rounded. */
  private digits(start: number): bigint | number {
    const { bytes, at } = this.scanner
    const text = textOf(bytes, start, at, true)
    return /^-?\d+$/.test(text) ? BigInt(text) : this.number[0]
  }

  private put(): void {
    const container = this.containers[this.containers.length - 1]
    if (Array.isArray(container)) container.push(this.value)
    else setOwn(container, this.keys.pop()!, this.value)
  }
}

/** Sets a property as `JSON.parse` does: `__proto__` is a key like any other. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    })
  else object[key] = value
}
