import { type EntryShape, SEGMENTATION } from './entry_shape.js'

/** A list that grows. */
export class Scratch<T extends Uint8Array | Float64Array> {
  /** Longer than `length`. Other ones after `reserve`. */
  values: T
  length = 0
  private readonly make: (length: number) => T

  constructor(make: (length: number) => T) {
    this.make = make
    this.values = make(1024)
  }

  /** Makes room for `count` more. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.values.length) return
    const grown = this.make(2 * needed)
    grown.set(this.values)
    this.values = grown
  }
}

/** The values of one entry, before it is known to be whole and becomes a row. */
export class StagedAnnotation {
  /** Null for an entry that is kept as it stands. */
  shape: EntryShape | null = null
  /** Flags by field: 1 where `numbers`, `texts` or a list has its value. */
  readonly isSet = new Uint8Array(SEGMENTATION + 1)
  /** Numbers by field. */
  readonly numbers = new Float64Array(SEGMENTATION + 1)
  /** Texts by field, of ids. */
  readonly texts: (string | null)[] = []
  readonly boxXywh = new Float64Array(4)
  readonly keypoints = new Scratch((length) => new Float64Array(length))
  /** Each polygon as its length and its coordinates; or height, width, and runs, if any. */
  readonly segmentation = new Scratch((length) => new Float64Array(length))
  /** Whether `counts` belongs to `segmentation`: compressed run lengths. */
  hasCounts = false
  readonly counts = new Scratch((length) => new Uint8Array(length))
  /** Values that are kept as JSON, each followed by a space. */
  readonly json = new Scratch((length) => new Uint8Array(length))
}
