import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  COCO,
  COCOeval,
  type CocoAnnotation,
  type CocoDataset,
  type CocoImage,
  type CocoResult,
  type Id,
  type IouType,
  type NdArray,
} from '../source/index.js'

/** Objects as rows: null where one lacks the key. */
interface StoredRows {
  keys: string[]
  rows: unknown[][]
}

/** An array, as the start of the SHA-256 of its float64 bytes. */
interface StoredArray {
  shape: number[]
  sha256: string
}

/**
 * What an evaluation returns. Most tables, and all `evalImgs`, are stored as the start of their
 * SHA-256.
 */
export interface StoredNumbers {
  stats: number[]
  table: string[] | string
  precision: StoredArray
  recall: StoredArray
  scores: StoredArray
  evalImgs: string
  evalImgsCount: number
}

/** A case of `fixtures/make_coco_eval.py`. */
export interface StoredCase {
  name: string
  iouType: IouType
  changes: Record<string, unknown> & { accumulate?: Record<string, unknown>; asDataset?: boolean }
  images: StoredRows
  categories: Id[]
  gt: StoredRows
  dt: StoredRows
  expected: StoredNumbers
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')) as T
}

export function groundTruthOf(stored: StoredCase): CocoDataset {
  return {
    images: objects<CocoImage>(stored.images),
    categories: stored.categories.map((id) => ({ id, name: `c${id}` })),
    annotations: objects<CocoAnnotation>(stored.gt),
  }
}

export function resultsOf(stored: StoredCase): CocoResult[] {
  return objects<CocoResult>(stored.dt)
}

/** Evaluates a case: every number of it in the form of its `expected`. */
export function evaluateCase(stored: StoredCase): StoredNumbers {
  const groundTruth = new COCO(groundTruthOf(stored))
  const results = resultsOf(stored)
  const { accumulate, asDataset, ...changes } = stored.changes
  const detected =
    results.length > 0 && !asDataset
      ? groundTruth.loadRes(results)
      : new COCO({ ...groundTruth.dataset, annotations: results as never })
  const lines: string[] = []
  const evaluation = new COCOeval(groundTruth, detected, stored.iouType, {
    print: (line) => lines.push(line),
  })
  Object.assign(evaluation.params, structuredClone(changes))
  evaluation.evaluate()
  const images = evaluation.evalImgs.map((image) => image && Object.values(image))
  evaluation.accumulate(
    accumulate && Object.assign(evaluation.params.clone(), structuredClone(accumulate)),
  )
  const { precision, recall, scores } = evaluation.eval!
  const { expected } = stored
  const imagesText = JSON.stringify(images, (_, value) =>
    ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
  )
  const stats = evaluation.summarize()
  return {
    stats,
    table: typeof expected.table === 'string' ? digest(lines.join('\n')) : lines,
    precision: storedArray(precision),
    recall: storedArray(recall),
    scores: storedArray(scores),
    evalImgs: digest(imagesText),
    evalImgsCount: images.length,
  }
}

function objects<T>({ keys, rows }: StoredRows): T[] {
  return rows.map((row) => {
    const entries = keys.map((key, i) => [key, row[i]] as const)
    return Object.fromEntries(entries.filter(([, value]) => value !== null)) as T
  })
}

/** The first 16 digits of the SHA-256. */
export function digest(content: string | Float64Array): string {
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}

function storedArray({ data, shape }: NdArray): StoredArray {
  return { shape, sha256: digest(data) }
}
