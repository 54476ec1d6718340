import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PREDICTIONS_FILE } from '../evaluation/save_predictions.js'
import { RESULT_FILES } from '../evaluation/save_results.js'
import { unfinishedName } from '../files/replace_file.js'
import { isCheckpointFile, isModelFile } from './checkpoint.js'
import { LATEST, readLatest } from './find_checkpoint.js'

/** Files of a work dir beside its checkpoints. */
export const CONFIG_FILE = 'config.json'
export const DATA_FILE = 'data.json'
export const SHAPES_FILE = 'shapes.json'
export const METRICS_FILE = 'metrics.jsonl'
export const EVALUATIONS_FILE = 'evaluations.jsonl'

const RESULTS: readonly string[] = [...Object.values(RESULT_FILES), PREDICTIONS_FILE]
const LOGS: readonly string[] = [METRICS_FILE, EVALUATIONS_FILE]
const NAMED = [LATEST, CONFIG_FILE, DATA_FILE, SHAPES_FILE, ...LOGS, ...RESULTS]

/** What shows that a work dir holds a run. */
export interface FoundRun {
  /**
   * File name of its newest checkpoint, which `--resume` goes on from; undefined where there is
   * none.
   */
  latest: string | undefined
  /** Names of files that hold something it did: checkpoints, lines, results. */
  files: string[]
}

/**
 * The run that a work dir holds; undefined where there is none: no folder, an empty one, other
 * files, or what a run leaves that was refused before its first iteration.
 */
export async function findRun(workDir: string): Promise<FoundRun | undefined> {
  const found = await readdir(workDir).catch(() => [])
  const files: string[] = []
  for (const file of found.sort()) {
    const isLog = LOGS.includes(file) && (await stat(join(workDir, file))).size > 0
    if (isLog || isModelFile(file) || RESULTS.includes(file)) files.push(file)
  }
  const latest = await readLatest(workDir)
  return latest === undefined && files.length === 0 ? undefined : { latest, files }
}

/**
 * Gives a work dir that holds a run another name: its own with the first free of `.1`, `.2`, ...
 *
 * @returns the new name; undefined where there is no run.
 */
export async function moveRunAside(workDir: string): Promise<string | undefined> {
  if (!(await findRun(workDir))) return undefined
  for (let number = 1; ; number++) {
    const name = `${workDir}.${number}`
    if (await stat(name).catch(() => undefined)) continue
    await rename(workDir, name)
    return name
  }
}

/**
 * Deletes the files that a run writes, and no others; `latest` first, so that no half of a run is
 * ever resumed.
 */
export async function deleteRun(workDir: string): Promise<void> {
  const names = new Set(NAMED.flatMap((name) => [name, unfinishedName(name)]))
  const others = (await readdir(workDir)).filter(
    (file) => names.has(file) || isCheckpointFile(file),
  )
  for (const file of [LATEST, ...others]) await rm(join(workDir, file), { force: true })
}

/** Deletes the results of evaluations, which a run that goes back has not come to. */
export async function deleteResults(workDir: string): Promise<void> {
  for (const file of RESULTS) await rm(join(workDir, file), { force: true })
}

/** A key that the document has which a run writes under a name that others may use, too. */
const OWN_KEYS = { [CONFIG_FILE]: 'model', [DATA_FILE]: 'train', [SHAPES_FILE]: 'train' }

/**
 * The first of a folder's files that has the name of a run's and was not written by one: it is not
 * to be replaced.
 */
export async function findForeign(workDir: string): Promise<string | undefined> {
  for (const [file, key] of Object.entries(OWN_KEYS)) {
    const path = join(workDir, file)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined && !hasKey(text, key)) return path
  }
  return undefined
}

function hasKey(json: string, key: string): boolean {
  try {
    const document: unknown = JSON.parse(json)
    return typeof document === 'object' && document !== null && key in document
  } catch {
    return false
  }
}
