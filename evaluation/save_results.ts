import { join } from 'node:path'
import { cannotWriteRun } from '../files/file_error.js'
import { replaceContent } from '../files/replace_file.js'
import type { CocoResults } from './coco_results.js'

/** Files of a work dir with the detections of its last evaluation, each a COCO results file. */
export const RESULT_FILES = { bbox: 'results.bbox.json', segm: 'results.segm.json' } as const

/**
 * Replaces the results in a work dir; each file appears whole or not at all.
 */
export async function saveResults(workDir: string, results: CocoResults): Promise<void> {
  for (const kind of ['bbox', 'segm'] as const) {
    const entries = results[kind]
    const path = join(workDir, RESULT_FILES[kind])
    if (entries) await replaceContent(path, piecesOfJson(entries), cannotWriteRun)
  }
}

/**
 * Entries that are made to text at a time. The text of all of them takes twice its length in
 * memory, and may pass 2^29.
 */
const PIECE = 4096

/** `JSON.stringify` of a list, in pieces. */
function* piecesOfJson(entries: readonly object[]): Generator<string> {
  yield '['
  for (let start = 0; start < entries.length; start += PIECE) {
    const piece = JSON.stringify(entries.slice(start, start + PIECE)).slice(1, -1)
    yield start === 0 ? piece : `,${piece}`
  }
  yield ']'
}
