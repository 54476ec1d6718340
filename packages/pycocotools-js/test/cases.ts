import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { CocoAnnotation, CocoDataset, CocoResult, Id, NdArray } from '../source/index.js'

/** An array, whole or as the SHA-256 of its float64 bytes. */
export interface StoredArray {
  shape: number[]
  data?: number[]
  sha256?: string
}

/** A case of `fixtures/make_coco_eval.py`. */
export interface BoxCase {
  name: string
  changes: Record<string, unknown> & { accumulate?: Record<string, unknown>; asDataset?: boolean }
  images: Id[]
  categories: Id[]
  gtKeys: string[]
  gt: unknown[][]
  dtKeys: string[]
  dt: unknown[][]
  expected: {
    stats: number[]
    table: string[]
    precision: StoredArray
    recall: StoredArray
    scores: StoredArray
    evalImgs: string
    evalImgsCount: number
  }
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')) as T
}

export function groundTruthOf(stored: BoxCase): CocoDataset {
  return {
    images: stored.images.map((id) => ({ id })),
    categories: stored.categories.map((id) => ({ id, name: `c${id}` })),
    annotations: objects<CocoAnnotation>(stored.gtKeys, stored.gt),
  }
}

export function resultsOf(stored: BoxCase): CocoResult[] {
  return objects<CocoResult>(stored.dtKeys, stored.dt)
}

function objects<T>(keys: string[], rows: unknown[][]): T[] {
  return rows.map((row) => Object.fromEntries(keys.map((key, i) => [key, row[i]])) as T)
}

export function sha256(content: string | Float64Array): string {
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  return createHash('sha256').update(bytes).digest('hex')
}

/** In the form of `expected`, whichever of the two that is. */
export function storedAs({ data, shape }: NdArray, expected: StoredArray): StoredArray {
  return expected.data ? { shape, data: [...data] } : { shape, sha256: sha256(data) }
}
