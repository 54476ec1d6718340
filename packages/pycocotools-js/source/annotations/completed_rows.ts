import { appendSegmentation } from '../mask/append_segmentation.js'
import { checkSegmentation } from '../mask/check_segmentation.js'
import { MaskFault } from '../mask/mask_fault.js'
import { RunList } from '../mask/run_list.js'
import { runsArea } from '../mask/runs_area.js'
import type { Segmentation } from '../mask/segmentation.js'
import type { CocoAnnotation, CocoImage, Id } from '../types.js'
import { isEmptyMask } from './annotation_faults.js'
import type { AnnotationRows } from './annotation_rows.js'

/** Keys that a file may leave out, or set to null. */
const KEYS_WITH_DEFAULT = ['id', 'area', 'iscrowd'] as const

/**
 * Annotations with a default for what their file leaves out. `at(row)` still shows them as they
 * stand.
 *
 * - `id`: counts on from the largest number that is an id in the file, in file order; from 1
 *   where none has one.
 * - `iscrowd`: 0.
 * - `area`: that of the mask, since COCO's areas are; where there is no mask that can be drawn,
 *   that of the box. `loadRes` gives results the same.
 */
export class CompletedRows implements AnnotationRows {
  readonly length: number
  private readonly rows: AnnotationRows
  private readonly imgs: ReadonlyMap<Id, CocoImage>
  /** Default ids by row, NaN where it has an id; null where all have. */
  private readonly ids: Float64Array | null

  /** @param imgs have the size of polygons. */
  constructor(rows: AnnotationRows, imgs: ReadonlyMap<Id, CocoImage>) {
    this.length = rows.length
    this.rows = rows
    this.imgs = imgs
    this.ids = absentIds(rows)
  }

  [Symbol.iterator](): Iterator<CocoAnnotation> {
    return this.rows[Symbol.iterator]()
  }

  at(row: number): CocoAnnotation {
    return this.rows.at(row)
  }

  lacks(row: number, key: string): boolean {
    return this.rows.lacks(row, key)
  }

  id(row: number): Id {
    const id = this.ids === null ? Number.NaN : this.ids[row]
    return Number.isNaN(id) ? this.rows.id(row) : id
  }

  imageId(row: number): Id {
    return this.rows.imageId(row)
  }

  categoryId(row: number): Id | undefined {
    return this.rows.categoryId(row)
  }

  area(row: number): number {
    const area = this.rows.area(row)
    return Number.isNaN(area) && this.lacks(row, 'area') ? this.defaultArea(row) : area
  }

  score(row: number): number {
    return this.rows.score(row)
  }

  iscrowd(row: number): number {
    const iscrowd = this.rows.iscrowd(row)
    return Number.isNaN(iscrowd) && this.lacks(row, 'iscrowd') ? 0 : iscrowd
  }

  ignored(row: number): boolean {
    return this.rows.ignored(row)
  }

  numKeypoints(row: number): number {
    return this.rows.numKeypoints(row)
  }

  writeBox(row: number, boxesXywh: Float64Array, place: number): boolean {
    return this.rows.writeBox(row, boxesXywh, place)
  }

  keypoints(row: number): ArrayLike<number> | undefined {
    return this.rows.keypoints(row)
  }

  segmentation(row: number): Segmentation | undefined {
    return this.rows.segmentation(row)
  }

  /** NaN where the annotation has neither mask nor box. */
  private defaultArea(row: number): number {
    const segmentation = this.rows.segmentation(row)
    const { height, width } = this.imgs.get(this.rows.imageId(row)) ?? {}
    const area = segmentation && maskArea(segmentation, [height!, width!])
    if (area !== undefined) return area
    const isBox = this.rows.writeBox(row, boxXywh, 0) && boxXywh[2] >= 0 && boxXywh[3] >= 0
    return isBox ? boxXywh[2] * boxXywh[3] : Number.NaN
  }
}

/** How many annotations lack each of the keys that have a default. */
export function countDefaults(
  rows: AnnotationRows,
): Record<(typeof KEYS_WITH_DEFAULT)[number], number> {
  const counts = { id: 0, area: 0, iscrowd: 0 }
  for (let row = 0; row < rows.length; row++)
    for (const key of KEYS_WITH_DEFAULT) if (rows.lacks(row, key)) counts[key]++
  return counts
}

function absentIds(rows: AnnotationRows): Float64Array | null {
  let largest = 0
  let count = 0
  for (let row = 0; row < rows.length; row++) {
    const value = Number(rows.id(row) ?? Number.NaN)
    if (value > largest && value < Number.MAX_SAFE_INTEGER) largest = Math.floor(value)
    if (rows.lacks(row, 'id')) count++
  }
  if (count === 0) return null
  const ids = new Float64Array(rows.length).fill(Number.NaN)
  for (let row = 0; row < rows.length; row++) if (rows.lacks(row, 'id')) ids[row] = ++largest
  return ids
}

/** Buffers, kept between calls. */
const list = new RunList()
const boxXywh = new Float64Array(4)

/** @returns undefined where the mask cannot be drawn, or is none. */
function maskArea(
  segmentation: Segmentation,
  imageSize: readonly [number, number],
): number | undefined {
  if ('polygons' in segmentation && isEmptyMask(segmentation.polygons)) return undefined
  try {
    checkSegmentation(segmentation, imageSize)
    list.clear()
    appendSegmentation(list, segmentation, imageSize)
    return runsArea(list.runs, 0, list.length)
  } catch (fault) {
    if (!(fault instanceof MaskFault)) throw fault
    return undefined
  }
}
