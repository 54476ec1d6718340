import {
  bytesOf,
  type Section,
  type SectionSink,
  type SectionSource,
} from '../columns/column_sections.js'
import { NumberColumn } from './number_column.js'

type Numbers = Uint8Array | Uint32Array | Float64Array

/** Numbers a chunk holds. */
const CHUNK = 2 ** 15

/** Copying shorter lists number by number takes less time than calling `set`. */
const SHORT = 48

/**
 * Lists end to end, in chunks, which are never copied to grow; or those of a file, read when they
 * are asked for.
 */
class Pool<T extends Numbers> {
  private readonly make: (length: number) => T
  private readonly chunks: T[] = []
  private file: { section: Section; starts: readonly number[] } | null = null
  /** The chunk that is being filled, and how far. */
  private open = -1
  private used = CHUNK + 1 // none is open

  constructor(make: (length: number) => T) {
    this.make = make
  }

  /** Copies the first `length` of `values`. @returns where they are. */
  add(values: Numbers, length: number): number {
    if (length > CHUNK / 4) {
      const own = this.make(length)
      own.set(values.subarray(0, length))
      return (this.chunks.push(own) - 1) * CHUNK
    }
    if (this.used + length > CHUNK) {
      this.open = this.chunks.push(this.make(CHUNK)) - 1
      this.used = 0
    }
    const chunk = this.chunks[this.open]
    if (length < SHORT) for (let i = 0; i < length; i++) chunk[this.used + i] = values[i]
    else chunk.set(values.subarray(0, length), this.used)
    this.used += length
    return this.open * CHUNK + this.used - length
  }

  at(place: number, length: number): T {
    const start = place % CHUNK
    const index = Math.floor(place / CHUNK)
    if (this.file === null) return this.chunks[index].subarray(start, start + length) as T
    const list = this.make(length)
    const { section, starts } = this.file
    section.read(bytesOf(list), (starts[index] + start) * list.BYTES_PER_ELEMENT)
    return list
  }

  save(sink: SectionSink, name: string): void {
    const lengths = this.chunks.map(({ length }) => length)
    sink.add(name, this.chunks.map(bytesOf), { lengths }, { isLazy: true })
  }

  /** The lists of a file; none can be added. */
  restore(source: SectionSource, name: string): void {
    const section = source.section(name)
    let start = 0
    const starts = (section.about.lengths as number[]).map((length) => {
      start += length
      return start - length
    })
    this.file = { section, starts }
  }
}

/** A list of bytes for some rows. */
export class ByteListColumn {
  private readonly pool = new Pool((length) => new Uint8Array(length))
  /** Place and length. */
  private spans = new NumberColumn(2)

  set(row: number, bytes: Uint8Array, length: number): void {
    this.spans.set(row, this.pool.add(bytes, length), 0)
    this.spans.set(row, length, 1)
  }

  /** Undefined where none was set. */
  get(row: number): Uint8Array | undefined {
    const place = this.spans.get(row, 0)
    return Number.isNaN(place) ? undefined : this.pool.at(place, this.spans.get(row, 1))
  }

  save(sink: SectionSink, name: string): void {
    this.spans.save(sink, `${name}.spans`)
    this.pool.save(sink, `${name}.bytes`)
  }

  static restore(source: SectionSource, name: string): ByteListColumn {
    const column = new ByteListColumn()
    column.spans = NumberColumn.restore(source, `${name}.spans`, 2)
    column.pool.restore(source, `${name}.bytes`)
    return column
  }
}

/**
 * A list of numbers for some rows. Lists of whole numbers, such as run lengths, take half the room:
 * a file may write them in two bytes each.
 */
export class NumberListColumn {
  private readonly doubles = new Pool((length) => new Float64Array(length))
  private readonly wholes = new Pool((length) => new Uint32Array(length))
  /** Place, in `doubles` or, as `-1 - place`, in `wholes`; and length. */
  private spans = new NumberColumn(2)

  set(row: number, values: Float64Array, length: number): void {
    const place = areWhole(values, length)
      ? -1 - this.wholes.add(values, length)
      : this.doubles.add(values, length)
    this.spans.set(row, place, 0)
    this.spans.set(row, length, 1)
  }

  /** Undefined where none was set. */
  get(row: number): Float64Array | Uint32Array | undefined {
    const place = this.spans.get(row, 0)
    if (Number.isNaN(place)) return undefined
    const length = this.spans.get(row, 1)
    return place < 0 ? this.wholes.at(-1 - place, length) : this.doubles.at(place, length)
  }

  save(sink: SectionSink, name: string): void {
    this.spans.save(sink, `${name}.spans`)
    this.doubles.save(sink, `${name}.doubles`)
    this.wholes.save(sink, `${name}.wholes`)
  }

  static restore(source: SectionSource, name: string): NumberListColumn {
    const column = new NumberListColumn()
    column.spans = NumberColumn.restore(source, `${name}.spans`, 2)
    column.doubles.restore(source, `${name}.doubles`)
    column.wholes.restore(source, `${name}.wholes`)
    return column
  }
}

/** Whether all are in 0 ... 2^32 - 1, without fraction; -0 is not. */
function areWhole(values: Float64Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const value = values[i]
    if (value >>> 0 !== value || (value === 0 && 1 / value < 0)) return false
  }
  return true
}
