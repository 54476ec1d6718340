import { isId } from '../ids.js'
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  IS_PLAIN,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
} from '../json/bytes_of_json.js'
import type { Scanner } from '../json/scanner.js'
import { textOf } from '../json/text.js'
import type { ValueReader } from '../json/value_reader.js'
import {
  BBOX,
  CATEGORY_ID,
  type EntryKey,
  EntryShape,
  FIELDS,
  IGNORE,
  ISCROWD,
  KEYPOINTS,
  type Kept,
  NUM_KEYPOINTS,
  SEGMENTATION,
} from './entry_shape.js'
import { type Scratch, StagedAnnotation } from './staged_annotation.js'

const MAX_KEYS = 2 ** 12

/** A key of run lengths; of `counts`, by what it holds. */
type Part = 'size' | 'runs' | 'counts'

/** Forms of run lengths, by the first key and the second. */
const RUN_LENGTHS: Record<Part, Partial<Record<Part, Kept>>> = {
  size: { runs: 'size, runs', counts: 'size, counts' },
  runs: { size: 'runs, size' },
  counts: { size: 'counts, size' },
}

/** Reads annotations from the bytes of their file, one at a time, without making objects. */
export class AnnotationReader {
  /** The annotation read last. */
  readonly staged = new StagedAnnotation()
  private readonly scanner: Scanner
  private readonly values: ValueReader
  private readonly root = new EntryShape()
  private readonly keys = new Map<string, EntryKey>()

  constructor(scanner: Scanner, values: ValueReader) {
    this.scanner = scanner
    this.values = values
  }

  /** Reads an object, which comes next, into `staged`. @returns false as the scanner does. */
  read(): boolean {
    const { scanner, staged } = this
    const start = scanner.at
    staged.isSet.fill(0)
    staged.json.length = 0
    let shape: EntryShape | null = this.root
    scanner.at++
    if (scanner.space() === CLOSE_OBJECT) scanner.at++
    else
      do {
        const key = this.readKey(shape)
        if (key === null || !scanner.colon()) return false
        scanner.space()
        const kept = this.readValue(key.field)
        if (kept === null) return false
        shape = shape === null ? null : shape.with(key, kept)
        if (!scanner.separator(CLOSE_OBJECT)) return false
      } while (scanner.bytes[scanner.at - 1] === COMMA)

    staged.shape = shape?.claimNumber() ? shape : null
    if (staged.shape === null) {
      staged.json.length = 0
      this.keepJson(start)
      staged.isSet[KEYPOINTS] = 0
      staged.isSet[SEGMENTATION] = 0
    }
    return true
  }

  private readKey(shape: EntryShape | null): EntryKey | null {
    const { scanner, keys } = this
    const start = scanner.space() === QUOTE ? scanner.at + 1 : scanner.at
    const likely = shape?.likely?.key
    if (likely && start > scanner.at && standsAt(likely.bytes, scanner.bytes, start)) {
      scanner.at = start + likely.bytes.length
      return likely
    }
    if (!scanner.quotedKey()) return null
    const name = textOf(scanner.bytes, start, scanner.at - 1, scanner.isPlain)
    const known = keys.get(name)
    if (known) return known
    const bytes = scanner.bytes.slice(start, scanner.at)
    const key = { name, bytes, field: FIELDS.indexOf(name) }
    if (keys.size < MAX_KEYS) keys.set(name, key)
    return key
  }

  /** Reads the value of a key as its column wants it or, where it is none such, as it stands. */
  private readValue(field: number): Kept | null {
    const { scanner, staged } = this
    const { at, line, lineStart, extraBytes } = scanner
    if (field >= 0) {
      const kept = this.readField(field)
      staged.isSet[field] = kept === null ? 0 : 1
      if (kept !== null) return kept
      scanner.at = at
      scanner.line = line
      scanner.lineStart = lineStart
      scanner.extraBytes = extraBytes
      if (scanner.word('null')) return 'null'
    }
    if (!this.values.skip()) return null
    this.keepJson(at)
    return 'json'
  }

  private readField(field: number): Kept | null {
    const { scanner, staged } = this
    if (field <= NUM_KEYPOINTS) {
      if (scanner.number(staged.numbers, field)) {
        if (field > CATEGORY_ID) return 'number'
        staged.texts[field] = null
        return isId(staged.numbers[field]) ? 'number' : null // the digits are kept, for errors
      }
      if (field <= CATEGORY_ID) return this.readId(field)
      return field === ISCROWD || field === IGNORE ? this.readBoolean(field) : null
    }
    if (field === BBOX) return this.readFixed(staged.boxXywh, 4) ? 'box' : null
    if (field === KEYPOINTS) {
      staged.keypoints.length = 0
      return this.readNumbers(staged.keypoints) ? 'numbers' : null
    }
    return scanner.bytes[scanner.at] === OPEN_LIST ? this.readPolygons() : this.readRunLengths()
  }

  private readId(field: number): Kept | null {
    const { scanner } = this
    const start = scanner.at + 1
    if (scanner.bytes[scanner.at] !== QUOTE || !scanner.text()) return null
    this.staged.texts[field] = textOf(scanner.bytes, start, scanner.at - 1, scanner.isPlain)
    return 'text'
  }

  private readBoolean(field: number): Kept | null {
    const isTrue = this.scanner.word('true')
    if (!isTrue && !this.scanner.word('false')) return null
    this.staged.numbers[field] = Number(isTrue)
    return 'boolean'
  }

  /** A list of `count` numbers. */
  private readFixed(into: Float64Array, count: number): boolean {
    const { scanner } = this
    if (scanner.bytes[scanner.at] !== OPEN_LIST) return false
    for (let i = 0; i < count; i++) {
      scanner.at++ // the bracket, or the comma
      scanner.space()
      if (!scanner.number(into, i)) return false
      if (scanner.space() !== (i < count - 1 ? COMMA : CLOSE_LIST)) return false
    }
    scanner.at++
    return true
  }

  /** A list of numbers. */
  private readNumbers(into: Scratch<Float64Array>): boolean {
    const { scanner } = this
    if (scanner.bytes[scanner.at] !== OPEN_LIST) return false
    scanner.at++
    if (scanner.space() === CLOSE_LIST) {
      scanner.at++
      return true
    }
    for (;;) {
      into.reserve(1)
      if (!scanner.number(into.values, into.length)) return false
      into.length++
      const byte = scanner.space()
      scanner.at++
      if (byte !== COMMA) return byte === CLOSE_LIST
      scanner.space()
    }
  }

  private readPolygons(): Kept | null {
    const { scanner } = this
    const { segmentation } = this.staged
    segmentation.length = 0
    this.staged.hasCounts = false
    scanner.at++
    if (scanner.space() === CLOSE_LIST) {
      scanner.at++
      return 'polygons'
    }
    for (;;) {
      segmentation.reserve(1)
      const place = segmentation.length++
      if (!this.readNumbers(segmentation)) return null
      segmentation.values[place] = segmentation.length - place - 1
      const byte = scanner.space()
      scanner.at++
      if (byte !== COMMA) return byte === CLOSE_LIST ? 'polygons' : null
      scanner.space()
    }
  }

  /** An object of `size` and `counts`, and of nothing else. */
  private readRunLengths(): Kept | null {
    const { scanner } = this
    if (scanner.bytes[scanner.at] !== OPEN_OBJECT) return null
    scanner.at++
    this.staged.segmentation.length = 2 // height and width
    const first = this.readPart()
    if (first === null || scanner.space() !== COMMA) return null
    scanner.at++
    const second = this.readPart()
    if (second === null || scanner.space() !== CLOSE_OBJECT) return null
    scanner.at++
    this.staged.hasCounts = first === 'counts' || second === 'counts'
    return RUN_LENGTHS[first][second] ?? null
  }

  private readPart(): Part | null {
    const { scanner, staged } = this
    scanner.space()
    const isSize = scanner.word('"size"')
    if ((!isSize && !scanner.word('"counts"')) || !scanner.colon()) return null
    const byte = scanner.space()
    if (isSize) return this.readFixed(staged.segmentation.values, 2) ? 'size' : null
    if (byte === QUOTE) return this.readCounts() ? 'counts' : null
    return this.readNumbers(staged.segmentation) ? 'runs' : null
  }

  /**
   * A string in which no character needs an escape but the backslash, as compressed run lengths
   * are.
   */
  private readCounts(): boolean {
    const { scanner } = this
    const { counts } = this.staged
    const { bytes } = scanner
    counts.length = 0
    counts.reserve(scanner.end - scanner.at) // more than enough, as the loop has no time to look
    const { values } = counts
    let length = 0
    let at = scanner.at + 1
    for (;;) {
      let byte = bytes[at]
      while (IS_PLAIN[byte] === 1) {
        values[length++] = byte
        byte = bytes[++at]
      }
      if (byte === QUOTE) break
      if (byte !== BACKSLASH || bytes[at + 1] !== BACKSLASH) return false
      values[length++] = BACKSLASH
      at += 2
    }
    counts.length = length
    scanner.at = at + 1
    return true
  }

  private keepJson(start: number): void {
    const { scanner } = this
    const { json } = this.staged
    json.reserve(scanner.at - start + 1)
    json.values.set(scanner.bytes.subarray(start, scanner.at), json.length)
    json.length += scanner.at - start
    json.values[json.length++] = SPACE
  }
}

function standsAt(expected: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  return true
}
