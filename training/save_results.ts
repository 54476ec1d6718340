import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TrainingError } from '../errors.js'
import type { CocoResults } from '../results/coco_results.js'

/** Files of a work dir with the detections of its last evaluation, each a COCO results file. */
export const RESULT_FILES = { bbox: 'results.bbox.json', segm: 'results.segm.json' } as const

/** Replaces the results in a work dir; each file is written under another name, synced and renamed. */
export async function saveResults(workDir: string, results: CocoResults): Promise<void> {
  for (const kind of ['bbox', 'segm'] as const) {
    const entries = results[kind]
    if (entries) await replaceFile(join(workDir, RESULT_FILES[kind]), JSON.stringify(entries))
  }
}

/** Removes the results of a run that is replaced by a new one. */
export async function forgetResults(workDir: string): Promise<void> {
  for (const name of Object.values(RESULT_FILES)) await rm(join(workDir, name), { force: true })
}

async function replaceFile(path: string, text: string): Promise<void> {
  try {
    const unfinished = await open(`${path}.tmp`, 'w')
    try {
      await unfinished.writeFile(text)
      await unfinished.sync()
    } finally {
      await unfinished.close()
    }
    await rename(`${path}.tmp`, path)
  } catch (error) {
    await rm(`${path}.tmp`, { force: true, recursive: true })
    const { code } = error as NodeJS.ErrnoException
    throw new TrainingError(
      `${path} could not be written (${code})`,
      'make room in the work dir and go on with --resume, from the checkpoint before',
    )
  }
}
