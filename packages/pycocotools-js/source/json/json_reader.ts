import { CocoError } from '../errors.js'
import { type JsonSource, type OpenBytes, openBytes } from './byte_source.js'
import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  IS_WORD,
  OPEN_LIST,
  OPEN_OBJECT,
} from './bytes_of_json.js'
import { AGAIN, checkEncoding } from './encoding.js'
import { placeOf } from './json_place.js'
import { Scanner, UTF8 } from './scanner.js'
import { textOf } from './text.js'
import { ValueReader } from './value_reader.js'

/** Bytes that are kept at a time; more only where one entry is longer. */
const WINDOW_BYTES = 2 ** 20

/** An entry, or a value that is no list, has at most so many. */
const LONGEST_BYTES = 2 ** 31

/** Zeros behind the bytes: the scanner's stop, and room to look ahead. */
const MARGIN = 16

export interface JsonReaderOptions {
  /** Bytes that are kept at first. For tests. @default 1 MiB */
  windowBytes?: number
  /** Bytes that an entry, or a value that is no list, may have. For tests. @default 2 GiB */
  longestBytes?: number
}

/**
 * Reads JSON that need not fit into memory: a scanner sees a window of the file, which moves on as
 * it is read.
 *
 * A function that reads a part is called again, from the start of the part, where the window ended
 * within it. So it must do nothing that lasts before it has read its part.
 */
export class JsonReader {
  readonly scanner: Scanner
  readonly values: ValueReader
  private readonly source: OpenBytes
  private readonly name: string
  private readonly longestBytes: number

  private constructor(
    source: OpenBytes,
    name: string,
    { windowBytes = WINDOW_BYTES, longestBytes = LONGEST_BYTES }: JsonReaderOptions,
  ) {
    this.source = source
    this.name = name
    this.longestBytes = longestBytes
    this.scanner = new Scanner(new Uint8Array(windowBytes + MARGIN), 0)
    this.scanner.isCut = true
    this.values = new ValueReader(this.scanner)
  }

  /**
   * Opens `source`, has all of it read, and closes it.
   *
   * @param name the file as the user named it.
   * @throws CocoError for bytes that cannot be had, with the reason, or are not JSON, with line
   *   and column.
   */
  static async read<T>(
    source: JsonSource,
    name: string,
    read: (reader: JsonReader) => Promise<T>,
    options: JsonReaderOptions = {},
  ): Promise<T> {
    const opened = await openBytes(source, name)
    try {
      const reader = new JsonReader(opened, name, options)
      await reader.fill()
      reader.skipMark()
      const result = await read(reader)
      await reader.take(() => reader.atEnd())
      return result
    } finally {
      await opened.close()
    }
  }

  /** The first byte of what comes next: by `expected`, for errors, a value. */
  async peek(expected = 'a value'): Promise<number> {
    const { scanner } = this
    await this.take(() => scanner.space() > 0 || scanner.fail(expected))
    return scanner.bytes[scanner.at]
  }

  /**
   * Reads a value of any kind: of a list, entry by entry, so that it need not fit into the window.
   */
  async value({ readEntry = () => this.values.read() } = {}): Promise<unknown> {
    const { values } = this
    if ((await this.peek()) === OPEN_LIST) {
      const list: unknown[] = []
      await this.list(() => readEntry() && list.push(values.value) > 0)
      return list
    }
    await this.take(() => values.read())
    return values.value
  }

  /**
   * Reads a list, which comes next. @param readEntry moves past an entry; false where the scanner
   * failed.
   */
  async list(readEntry: () => boolean): Promise<void> {
    const { scanner } = this
    const readSeparator = () => scanner.separator(CLOSE_LIST)
    if (await this.isEmpty(OPEN_LIST, CLOSE_LIST)) return
    do {
      // Not `take`, whose promise would cost more than an entry
      while (!this.attempt(readEntry)) await this.fill()
      while (!this.attempt(readSeparator)) await this.fill()
    } while (scanner.bytes[scanner.at - 1] === COMMA)
  }

  /** Reads an object, which comes next. @param readValue moves past the value of a key. */
  async object(readValue: (key: string) => Promise<void>): Promise<void> {
    const { scanner } = this
    if (await this.isEmpty(OPEN_OBJECT, CLOSE_OBJECT)) return
    do {
      let key = ''
      await this.take(() => {
        scanner.space()
        const start = scanner.at + 1
        if (!scanner.quotedKey()) return false
        key = textOf(scanner.bytes, start, scanner.at - 1, scanner.isPlain)
        return scanner.colon()
      })
      await readValue(key)
      await this.take(() => scanner.separator(CLOSE_OBJECT))
    } while (scanner.bytes[scanner.at - 1] === COMMA)
  }

  /** Moves past an opening bracket and, if it comes next, the closing one. */
  private async isEmpty(open: number, close: number): Promise<boolean> {
    const { scanner } = this
    await this.take(() => scanner.space() === open || scanner.fail('a value'))
    scanner.at++
    const first = await this.peek(open === OPEN_OBJECT ? 'a quoted key' : 'a value')
    const isEmpty = first === close
    if (isEmpty) scanner.at++
    return isEmpty
  }

  private async take(read: () => boolean): Promise<void> {
    while (!this.attempt(read)) await this.fill()
  }

  /**
   * Runs `read`. @returns false, and stays where it was, where it needs more bytes. @throws
   * CocoError at a fault.
   */
  private attempt(read: () => boolean): boolean {
    const { scanner } = this
    const { at, line, lineStart, extraBytes } = scanner
    if (read()) return true
    if (!this.lacksBytes()) throw this.fault()
    scanner.at = at
    scanner.line = line
    scanner.lineStart = lineStart
    scanner.extraBytes = extraBytes
    return false
  }

  /**
   * Whether what did not fit was cut off by the end of the window: it, or the word it belongs to,
   * reaches there.
   */
  private lacksBytes(): boolean {
    const { bytes, at, end } = this.scanner
    let reached = at
    while (reached < end && IS_WORD[bytes[reached]]) reached++
    return reached === end && this.scanner.isCut
  }

  /** Drops what is read, and fills the window. A window that is full of one part is doubled. */
  private async fill(): Promise<void> {
    const { scanner } = this
    let { bytes } = scanner
    const rest = scanner.end - scanner.at
    if (scanner.at === 0 && rest + MARGIN === bytes.length) {
      if (rest >= this.longestBytes) throw this.tooLong()
      bytes = new Uint8Array(2 * rest + MARGIN)
      bytes.set(scanner.bytes)
    } else bytes.copyWithin(0, scanner.at, scanner.end)
    scanner.bytes = bytes
    scanner.lineStart -= scanner.at
    scanner.at = 0
    scanner.end = rest
    const most = bytes.length - MARGIN
    while (scanner.end < most && scanner.isCut) {
      const count = await this.source.read(bytes.subarray(scanner.end, most))
      scanner.isCut = count > 0
      scanner.end += count
    }
    bytes.fill(0, scanner.end)
  }

  private skipMark(): void {
    const { scanner } = this
    scanner.at = checkEncoding(scanner, this.name)
    scanner.lineStart = scanner.at
  }

  private atEnd(): boolean {
    const { scanner } = this
    scanner.space()
    return (scanner.at === scanner.end && !scanner.isCut) || scanner.fail('the end of the text')
  }

  private fault(): CocoError {
    const { line, column, found, expected } = placeOf(this.scanner)
    if (expected === UTF8)
      return new CocoError(
        this.name,
        `is not UTF-8 at line ${line}, column ${column}: found ${found}`,
        AGAIN,
      )
    return new CocoError(
      this.name,
      `is not JSON at line ${line}, column ${column}: found ${found}, expected ${expected}`,
      'repair the file, or fetch it again if it is cut short',
    )
  }

  private tooLong(): CocoError {
    return new CocoError(
      this.name,
      `has an entry of more than ${this.longestBytes} bytes from line ${this.scanner.line} on`,
      'look there for a quote or a bracket that is not closed',
    )
  }
}
