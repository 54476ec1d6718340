import { rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve as resolvePath } from 'node:path'
import { ConfigError, DataError } from '../errors.js'
import { orFileError } from '../files/file_error.js'
import { makeFolder } from '../files/make_folder.js'
import { replaceContent } from '../files/replace_file.js'
import { checkpointToResume, goBackTo } from './checkpoint.js'
import {
  CONFIG_FILE,
  DATA_FILE,
  deleteResults,
  deleteRun,
  type FoundRun,
  findForeign,
  findRun,
  SHAPES_FILE,
} from './run_files.js'
import { lockWorkDir, type RunLock, requireUnlocked } from './run_lock.js'

export interface WorkDirOptions {
  workDir: string
  /** Go on from the newest checkpoint of the work dir, or from the one named. */
  resume?: string | boolean
  /**
   * Delete the run that the work dir holds, where the default is to refuse it. With the name of a
   * checkpoint to resume that is not the newest: delete what came after it.
   */
  overwrite?: boolean
}

/**
 * Refuses a work dir that another training writes in, or that holds a run which would be destroyed.
 * Writes nothing.
 *
 * @throws DataError that names what is there and the ways on; ConfigError where options
 *   contradict each other.
 */
export async function checkWorkDir(options: WorkDirOptions): Promise<void> {
  const { workDir, resume, overwrite } = options
  if (resume === true && overwrite) {
    const what = 'is given with --resume, which goes on with the run in the work dir'
    throw new ConfigError('--overwrite', what, 'leave out one of them')
  }
  if (resume === true) await checkpointToResume(workDir, true)
  await requireUnlocked(workDir)
  await requireNothingLost(options)
}

/** Makes the folder where needed, and takes its lock. */
export async function openWorkDir(workDir: string): Promise<RunLock> {
  return await orFileError(workDir, unwritable, async () => {
    await makeFolder(workDir)
    return await lockWorkDir(workDir)
  })
}

/**
 * The first writing of a run, with the lock of its work dir: what `overwrite` gives up is deleted,
 * and what the data are, its input shapes and the resolved config are written; a resumed run keeps
 * the config it was started with.
 */
export async function prepareWorkDir(
  options: WorkDirOptions & { config: unknown; data?: object; shapes?: object },
): Promise<void> {
  const { workDir, resume, overwrite, config, data, shapes } = options
  await requireNothingLost(options) // somebody may have trained here since it was checked
  await orFileError(workDir, unwritable, async () => {
    if (overwrite) await deleteGivenUp(options)
    if (data) await writeDocument(workDir, DATA_FILE, data)
    if (shapes) await writeDocument(workDir, SHAPES_FILE, shapes)
    else await rm(join(workDir, SHAPES_FILE), { force: true }) // of a run that is resumed without
    const isThere = await stat(join(workDir, CONFIG_FILE)).catch(() => undefined)
    if (!resume || !isThere) await writeDocument(workDir, CONFIG_FILE, config)
  })
}

function writeDocument(workDir: string, file: string, document: unknown): Promise<void> {
  const text = `${JSON.stringify(document, null, 2)}\n`
  return replaceContent(join(workDir, file), text, (_, code) => unwritable(workDir, code))
}

async function deleteGivenUp(options: WorkDirOptions): Promise<void> {
  const { workDir } = options
  const own = await ownCheckpoint(options)
  if (own === undefined) return await deleteRun(workDir)
  if (!(await goesBack(workDir, own))) return
  await goBackTo(workDir, own)
  await deleteResults(workDir)
}

async function requireNothingLost(options: WorkDirOptions): Promise<void> {
  const { workDir, resume, overwrite } = options
  if (resume === true) return
  const own = await ownCheckpoint(options)
  const foreign = await findForeign(workDir)
  if (foreign !== undefined) {
    throw new DataError(foreign, 'was not written by a training run', 'give another --work-dir')
  }
  const found = overwrite ? undefined : await findRun(workDir)
  if (!found) return
  if (own === undefined) throw holdsRun(workDir, found)
  if (!(await goesBack(workDir, own))) return
  throw new DataError(
    workDir,
    `the run in it goes on past ${basename(own)}, to ${found.latest}`,
    'go on from there with --resume alone, give another --work-dir, or delete what came after with --overwrite',
  )
}

function holdsRun(workDir: string, { latest, files }: FoundRun): DataError {
  const overwrite = 'start anew with --overwrite, which deletes that run'
  if (latest !== undefined) {
    const fix = `go on with --resume, give another --work-dir, or ${overwrite}`
    return new DataError(workDir, `holds a run, saved as ${latest}`, fix)
  }
  return new DataError(
    workDir,
    `holds files of a run (${files.join(', ')}) and no 'latest' to resume from`,
    `give another --work-dir, or ${overwrite}`,
  )
}

/** True for a checkpoint of the work dir's own run that is not its newest. */
async function goesBack(workDir: string, checkpoint: string): Promise<boolean> {
  const found = await findRun(workDir)
  return found?.latest !== undefined && found.latest !== basename(checkpoint)
}

/** The checkpoint that is named to be resumed, where it is of the work dir's own run. */
async function ownCheckpoint({ workDir, resume }: WorkDirOptions): Promise<string | undefined> {
  if (typeof resume !== 'string') return undefined
  const checkpoint = await checkpointToResume(workDir, resume)
  return resolvePath(dirname(checkpoint)) === resolvePath(workDir) ? checkpoint : undefined
}

function unwritable(workDir: string, code: string): DataError {
  return new DataError(
    workDir,
    `the work dir cannot be written (${code})`,
    'give another --work-dir, or change its permissions',
  )
}
