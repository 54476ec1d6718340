import type { SectionSink, SectionSource } from '../columns/column_sections.js'
import { Scanner } from '../json/scanner.js'
import { setOwn, ValueReader } from '../json/value_reader.js'
import type { Segmentation } from '../mask/segmentation.js'
import type { CocoAnnotation, Id } from '../types.js'
import { isAbsent } from './annotation_faults.js'
import type { GivenRows } from './annotation_rows.js'
import {
  AREA,
  BBOX,
  CATEGORY_ID,
  EntryShape,
  FIELDS,
  ID,
  IGNORE,
  IMAGE_ID,
  ISCROWD,
  KEYPOINTS,
  type Kept,
  NUM_KEYPOINTS,
  SCORE,
  SEGMENTATION,
} from './entry_shape.js'
import { IdColumn } from './id_column.js'
import { ByteListColumn, NumberListColumn } from './list_column.js'
import { NumberColumn } from './number_column.js'
import { ObjectRows } from './object_rows.js'
import type { StagedAnnotation } from './staged_annotation.js'

/** The shape number of entries that are kept whole. */
const NO_SHAPE = 255

/** Whether ids come again: `id`, `image_id`, `category_id`. */
const ID_REPEATS = [false, true, true]
const NUMBER_FIELDS = [AREA, ISCROWD, IGNORE, SCORE, NUM_KEYPOINTS]

/** Annotations as columns of typed arrays, which take about as many bytes as their file. */
export class AnnotationTable implements GivenRows {
  length = 0
  private ids = ID_REPEATS.map((repeats) => new IdColumn({ repeats }))
  private numbers = NUMBER_FIELDS.map(() => new NumberColumn())
  private boxesXywh = new NumberColumn(4)
  private keypointLists = new NumberListColumn()
  private segmentations = new NumberListColumn()
  private counts = new ByteListColumn()
  private json = new ByteListColumn()
  /** The shape number of each row; longer than `length`. */
  private shapeNumbers = new Uint8Array(1024)
  private shapes: readonly EntryShape[] = []

  /** Adds a row. */
  append(staged: StagedAnnotation): void {
    const row = this.length++
    const { shape, isSet, numbers, texts, boxXywh, keypoints, segmentation, json } = staged
    if (row === this.shapeNumbers.length) {
      const grown = new Uint8Array(2 * row)
      grown.set(this.shapeNumbers)
      this.shapeNumbers = grown
    }
    this.shapeNumbers[row] = shape?.number ?? NO_SHAPE
    if (shape) this.shapes = shape.tree.shapes
    for (let field = ID; field <= CATEGORY_ID; field++) {
      if (isSet[field] === 0) continue
      const text = texts[field]
      if (text === null) this.ids[field].setNumber(row, numbers[field])
      else this.ids[field].setText(row, text)
    }
    for (let field = AREA; field <= NUM_KEYPOINTS; field++)
      if (isSet[field] === 1) this.numbers[field - AREA].set(row, numbers[field])
    if (isSet[BBOX] === 1) for (let i = 0; i < 4; i++) this.boxesXywh.set(row, boxXywh[i], i)
    if (isSet[KEYPOINTS] === 1) this.keypointLists.set(row, keypoints.values, keypoints.length)
    if (isSet[SEGMENTATION] === 1) {
      this.segmentations.set(row, segmentation.values, segmentation.length)
      if (staged.hasCounts) this.counts.set(row, staged.counts.values, staged.counts.length)
    }
    if (json.length > 0) this.json.set(row, json.values, json.length)
  }

  save(sink: SectionSink): void {
    const shapes = this.shapes.map(({ path }) => path.map(({ key, kept }) => [key!.name, kept]))
    const { length } = this
    sink.add('shapes', [this.shapeNumbers.subarray(0, length)], { length, shapes })
    for (const [field, column] of this.ids.entries()) column.save(sink, FIELDS[field])
    for (const [i, column] of this.numbers.entries()) column.save(sink, FIELDS[NUMBER_FIELDS[i]])
    this.boxesXywh.save(sink, FIELDS[BBOX])
    this.keypointLists.save(sink, FIELDS[KEYPOINTS])
    this.segmentations.save(sink, FIELDS[SEGMENTATION])
    this.counts.save(sink, 'counts')
    this.json.save(sink, 'json')
  }

  /** A table that was saved. No rows can be added to it. */
  static restore(source: SectionSource): AnnotationTable {
    const table = new AnnotationTable()
    const { bytes, about } = source.section('shapes')
    table.shapeNumbers = bytes
    table.length = about.length as number
    table.shapes = (about.shapes as [string, Kept][][]).map(shapeOf)
    table.ids = ID_REPEATS.map((repeats, i) => IdColumn.restore(source, FIELDS[i], { repeats }))
    table.numbers = NUMBER_FIELDS.map((field) => NumberColumn.restore(source, FIELDS[field]))
    table.boxesXywh = NumberColumn.restore(source, FIELDS[BBOX], 4)
    table.keypointLists = NumberListColumn.restore(source, FIELDS[KEYPOINTS])
    table.segmentations = NumberListColumn.restore(source, FIELDS[SEGMENTATION])
    table.counts = ByteListColumn.restore(source, 'counts')
    table.json = ByteListColumn.restore(source, 'json')
    return table
  }

  *[Symbol.iterator](): Generator<CocoAnnotation> {
    for (let row = 0; row < this.length; row++) yield this.at(row)
  }

  at(row: number): CocoAnnotation {
    const values = valuesIn(this.json.get(row))
    const shape = this.shapeOf(row)
    if (shape === undefined) return (values.readEntry() && values.value) as CocoAnnotation
    const annotation: Record<string, unknown> = {}
    for (const { key, kept } of shape.path) {
      const { name, field } = key!
      // Of a key that stands twice, the columns have the last
      const isLast = shape.keptOf(field) === kept
      let value: unknown
      if (kept === 'json') {
        if (field >= ID && field <= CATEGORY_ID) values.readId()
        else values.read()
        value = values.value
      } else if (isLast) value = this.valueOf(row, field, kept)
      setOwn(annotation, name, value)
    }
    return annotation as CocoAnnotation
  }

  has(row: number, key: string): boolean {
    const path = this.shapeOf(row)?.path
    return path ? path.some((shape) => shape.key!.name === key) : key in this.at(row)
  }

  lacks(row: number, key: string): boolean {
    const shape = this.shapeOf(row)
    const field = FIELDS.indexOf(key)
    if (shape === undefined || field < 0) return isAbsent(this.at(row)[key])
    const kept = shape.keptOf(field)
    return kept === undefined || kept === 'null'
  }

  id(row: number): Id {
    return this.ids[ID].get(row)! // `checkIds` has seen it
  }

  imageId(row: number): Id {
    return this.ids[IMAGE_ID].get(row)!
  }

  categoryId(row: number): Id | undefined {
    return this.ids[CATEGORY_ID].get(row)
  }

  area(row: number): number {
    return this.numberOf(row, AREA)
  }

  score(row: number): number {
    return this.numberOf(row, SCORE)
  }

  iscrowd(row: number): number {
    const value = this.numberOf(row, ISCROWD)
    return Number.isInteger(value) ? value : Number.NaN
  }

  ignored(row: number): boolean {
    if (this.isOdd(row, IGNORE)) return this.asObject(row).ignored(0)
    return Boolean(this.numberOf(row, IGNORE)) // NaN is false, as is no number
  }

  numKeypoints(row: number): number {
    return this.numberOf(row, NUM_KEYPOINTS)
  }

  writeBox(row: number, boxesXywh: Float64Array, place: number): boolean {
    for (let i = 0; i < 4; i++) if (!Number.isFinite(this.boxesXywh.get(row, i))) return false
    for (let i = 0; i < 4; i++) boxesXywh[place + i] = this.boxesXywh.get(row, i)
    return true
  }

  keypoints(row: number): ArrayLike<number> | undefined {
    if (this.isOdd(row, KEYPOINTS)) return this.asObject(row).keypoints(0)
    return this.keypointLists.get(row)
  }

  segmentation(row: number): Segmentation | undefined {
    if (this.isOdd(row, SEGMENTATION)) return this.asObject(row).segmentation(0)
    const numbers = this.segmentations.get(row)
    if (numbers === undefined) return undefined
    if (this.shapeOf(row)!.keptOf(SEGMENTATION) === 'polygons')
      return { polygons: polygonsOf(numbers) }
    const size = [numbers[0], numbers[1]] as const
    const counts = this.counts.get(row)
    return counts ? { size, counts } : { size, runs: numbers.subarray(2) }
  }

  private numberOf(row: number, field: number): number {
    return this.numbers[field - AREA].get(row)
  }

  private shapeOf(row: number): EntryShape | undefined {
    return this.shapes[this.shapeNumbers[row]]
  }

  /** Whether the row has a key that its column could not take. */
  private isOdd(row: number, field: number): boolean {
    const shape = this.shapeOf(row)
    return shape === undefined || shape.keptOf(field) === 'json'
  }

  private asObject(row: number): ObjectRows {
    return new ObjectRows([this.at(row)])
  }

  /** A value that is not kept as JSON. */
  private valueOf(row: number, field: number, kept: Kept): unknown {
    if (kept === 'null') return null
    if (kept === 'text') return this.ids[field].get(row)
    if (kept === 'number')
      return field <= CATEGORY_ID
        ? (this.ids[field].get(row) ?? Number.NaN)
        : this.numberOf(row, field)
    if (kept === 'boolean') return this.numberOf(row, field) === 1
    if (kept === 'box') return Array.from({ length: 4 }, (_, i) => this.boxesXywh.get(row, i))
    if (kept === 'numbers') return Array.from(this.keypointLists.get(row)!)

    const numbers = this.segmentations.get(row)!
    if (kept === 'polygons') return polygonsOf(numbers).map((polygon) => Array.from(polygon))
    const size = [numbers[0], numbers[1]]
    if (kept === 'size, runs') return { size, counts: Array.from(numbers.subarray(2)) }
    if (kept === 'runs, size') return { counts: Array.from(numbers.subarray(2)), size }
    const counts = decoder.decode(this.counts.get(row)!)
    return kept === 'size, counts' ? { size, counts } : { counts, size }
  }
}

/** A shape that nothing is read by. */
function shapeOf(path: readonly [name: string, kept: Kept][]): EntryShape {
  return path.reduce((shape, [name, kept]) => {
    const key = { name, bytes: NO_BYTES, field: FIELDS.indexOf(name) }
    return new EntryShape(shape, key, kept)
  }, new EntryShape())
}

const decoder = new TextDecoder()
const NO_BYTES = new Uint8Array(0)

/** The lists of `length, numbers, length, numbers ...`. */
function polygonsOf(numbers: Float64Array | Uint32Array): (Float64Array | Uint32Array)[] {
  const polygons: (Float64Array | Uint32Array)[] = []
  for (let at = 0; at < numbers.length; at += numbers[at] + 1)
    polygons.push(numbers.subarray(at + 1, at + 1 + numbers[at]))
  return polygons
}

/** Reads the values of `json`, which have spaces between them, one after the other. */
function valuesIn(json: Uint8Array = NO_BYTES): ValueReader {
  const bytes = new Uint8Array(json.length + 16) // a scanner wants zeros at the end
  bytes.set(json)
  return new ValueReader(new Scanner(bytes, json.length))
}
