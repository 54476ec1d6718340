import type { Segmentation } from '../mask/segmentation.js'
import type { CocoAnnotation, Id } from '../types.js'
import { isAbsent } from './annotation_faults.js'
import type { GivenRows } from './annotation_rows.js'

/**
 * Annotations as the user's own objects. They are read when asked for, so changes to them count.
 */
export class ObjectRows implements GivenRows {
  private readonly annotations: readonly CocoAnnotation[]

  constructor(annotations: readonly CocoAnnotation[]) {
    this.annotations = annotations
  }

  get length(): number {
    return this.annotations.length
  }

  [Symbol.iterator](): Iterator<CocoAnnotation> {
    return this.annotations[Symbol.iterator]()
  }

  at(row: number): CocoAnnotation {
    return this.annotations[row]
  }

  has(row: number, key: string): boolean {
    return key in this.annotations[row]
  }

  lacks(row: number, key: string): boolean {
    return isAbsent(this.annotations[row][key])
  }

  id(row: number): Id {
    return this.annotations[row].id
  }

  imageId(row: number): Id {
    return this.annotations[row].image_id
  }

  categoryId(row: number): Id | undefined {
    return this.annotations[row].category_id
  }

  area(row: number): number {
    return numberOf(this.annotations[row].area)
  }

  score(row: number): number {
    return numberOf(this.annotations[row].score)
  }

  iscrowd(row: number): number {
    const { iscrowd } = this.annotations[row]
    if (typeof iscrowd === 'boolean') return Number(iscrowd)
    return Number.isInteger(iscrowd) ? (iscrowd as number) : Number.NaN
  }

  ignored(row: number): boolean {
    return Boolean(this.annotations[row].ignore)
  }

  numKeypoints(row: number): number {
    return numberOf(this.annotations[row].num_keypoints)
  }

  writeBox(row: number, boxesXywh: Float64Array, place: number): boolean {
    const { bbox } = this.annotations[row]
    if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite)) return false
    boxesXywh.set(bbox, place)
    return true
  }

  keypoints(row: number): ArrayLike<number> | undefined {
    const { keypoints } = this.annotations[row]
    return Array.isArray(keypoints) ? keypoints : undefined
  }

  segmentation(row: number): Segmentation | undefined {
    return segmentationOf(this.annotations[row].segmentation)
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN
}

/** Sorts a `segmentation` of a file into the three forms; undefined for anything else. */
export function segmentationOf(value: unknown): Segmentation | undefined {
  if (Array.isArray(value)) return { polygons: value }
  if (typeof value !== 'object' || value === null) return undefined
  const { size, counts } = value as { size?: unknown; counts?: unknown }
  if (!Array.isArray(size) || size.length !== 2) return undefined
  const [height, width] = size as [number, number]
  if (Array.isArray(counts)) return { size: [height, width], runs: counts }
  if (counts instanceof Uint8Array) return { size: [height, width], counts }
  if (typeof counts === 'string') return { size: [height, width], counts: asciiBytes(counts) }
  return undefined
}

/** Bytes of a string; 0, which no run-length string holds, for anything past one byte. */
function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    bytes[i] = code < 256 ? code : 0
  }
  return bytes
}
