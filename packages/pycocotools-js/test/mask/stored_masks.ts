import { readFixture } from '../cases.js'

export type Size = [height: number, width: number]
type Pixels = string
type Counts = string
type Box = number[]

/** `fixtures/masks.json`, as `make_masks.py` beside it describes it. */
interface StoredMasks {
  encoded: [Size, Pixels, Counts, number, Box][]
  large: [Size, sha256: string, Counts, number, Box][]
  values: [Size, Pixels, Counts][]
  polygons: [name: string, Size, number[], Counts, number, Box][]
  lists: [Size, number[][], Counts[], Counts][]
  boxes: [Size, number[], Counts][]
  uncompressed: [Size, number[], Pixels, Counts, number, Box | null][]
  merges: [Size, Counts[], union: Counts, intersection: Counts][]
  mask_ious: [[Size, Counts][], [Size, Counts][], iscrowd: number[], ious: number[][]][]
  box_ious: [number[][], number[][], iscrowd: number[], ious: number[][]][]
  rejected: [name: string, unknown[], error: string][]
}

export const stored = readFixture<StoredMasks>('masks.json')

export function pixelsOf(digits: Pixels): Uint8Array {
  return Uint8Array.from(digits, Number)
}

export function digitsOf(pixels: Uint8Array): Pixels {
  return pixels.join('')
}
