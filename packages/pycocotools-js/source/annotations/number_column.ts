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
  private readonly chunks: (Float64Array | undefined)[] = []

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
    sink.add(
      name,
      chunks.map((index) => bytesOf(this.chunks[index]!)),
      { chunks },
    )
  }

  static restore(source: SectionSource, name: string, width = 1): NumberColumn {
    const { bytes, about } = source.section(name)
    const column = new NumberColumn(width)
    for (const [i, index] of (about.chunks as number[]).entries()) {
      while (column.chunks.length < index) column.chunks.push(undefined)
      column.chunks[index] = new Float64Array(bytes.buffer, 8 * ROWS * width * i, ROWS * width)
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
