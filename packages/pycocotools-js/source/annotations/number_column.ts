import { bytesOf, type SectionSink, type SectionSource } from '../columns/column_sections.js'

const ROWS_LOG2 = 12
const ROWS = 2 ** ROWS_LOG2
const LAST = ROWS - 1

/**
 * `width` numbers for each row; NaN where none were set.
 *
 * In chunks, which are never copied to grow, and which rows without numbers do not take.
 */
export class NumberColumn {
  private readonly width: number
  /** Those of a file may be narrower, and are not written to. */
  private readonly chunks: (Float64Array | Int32Array | Uint8Array | undefined)[] = []

  constructor(width = 1) {
    this.width = width
  }

  get(row: number, i = 0): number {
    const chunk = this.chunks[row >> ROWS_LOG2]
    return chunk === undefined ? Number.NaN : chunk[(row & LAST) * this.width + i]
  }

  set(row: number, value: number, i = 0): void {
    const chunk = this.chunks[row >> ROWS_LOG2] ?? this.newChunk(row >> ROWS_LOG2)
    chunk[(row & LAST) * this.width + i] = value
  }

  save(sink: SectionSink, name: string): void {
    const chunks = [...this.chunks.keys()].filter((index) => this.chunks[index] !== undefined)
    const parts = chunks.map((index) => narrowed(this.chunks[index]!))
    sink.add(name, parts.map(bytesOf), {
      chunks,
      widths: parts.map(({ BYTES_PER_ELEMENT }) => BYTES_PER_ELEMENT),
    })
  }

  static restore(source: SectionSource, name: string, width = 1): NumberColumn {
    const { bytes, about } = source.section(name)
    const column = new NumberColumn(width)
    const { chunks, widths } = about as { chunks: number[]; widths: (1 | 4 | 8)[] }
    let start = 0
    for (const [i, index] of chunks.entries()) {
      while (column.chunks.length < index) column.chunks.push(undefined)
      column.chunks[index] = new BY_WIDTH[widths[i]](bytes.buffer, start, ROWS * width)
      start += ROWS * width * widths[i]
    }
    return column
  }

  private newChunk(index: number): Float64Array {
    while (this.chunks.length < index) this.chunks.push(undefined)
    const chunk = new Float64Array(ROWS * this.width).fill(Number.NaN)
    this.chunks[index] = chunk
    return chunk
  }
}

const BY_WIDTH = { 1: Uint8Array, 4: Int32Array, 8: Float64Array }

/** The same numbers in as few bytes as they fit in. */
function narrowed(
  values: Float64Array | Int32Array | Uint8Array,
): Float64Array | Int32Array | Uint8Array {
  for (const Narrow of [Uint8Array, Int32Array]) {
    const narrow = new Narrow(values)
    if (narrow.every((value, i) => Object.is(value, values[i]))) return narrow
  }
  return values
}
