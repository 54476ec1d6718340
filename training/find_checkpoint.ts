import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DataError } from '../errors.js'

/** Text file that names the newest complete checkpoint of a work dir. */
export const LATEST = 'latest'

const MODEL_FILE = /^(?:epoch|iter)_\d+\.safetensors$/

/** At most this many checkpoints are listed in an error. */
const SHOWN = 5

/**
 * The weights file that a path stands for: the file itself, or the newest checkpoint of a work dir,
 * which may also be given by its `latest` file.
 *
 * @throws DataError where there is no such file, or the work dir does not record which checkpoint
 *   is its newest.
 */
export async function findCheckpoint(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) return newestOf(path)
  if (basename(path) !== LATEST) return path
  const workDir = dirname(path)
  const name = await readLatest(workDir)
  return name === undefined ? path : checkpointIn(workDir, name, path)
}

/** The name in the `latest` file of a work dir; undefined where there is none. */
export async function readLatest(workDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(workDir, LATEST), 'utf8')).trim()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new DataError(workDir, `its newest checkpoint cannot be told (${code})`, 'name one')
  }
}

async function newestOf(workDir: string): Promise<string> {
  const name = await readLatest(workDir)
  if (name !== undefined) return checkpointIn(workDir, name, workDir)
  const files = (await readdir(workDir).catch(() => []))
    .filter((file) => MODEL_FILE.test(file))
    .sort()
  const list = files.slice(0, SHOWN).join(', ') + (files.length > SHOWN ? ', ...' : '')
  throw new DataError(
    workDir,
    `is a folder without the file '${LATEST}', which names the newest checkpoint of a work dir`,
    files.length > 0 ? `name one of its checkpoints (${list})` : 'give a weights file',
  )
}

async function checkpointIn(workDir: string, name: string, given: string): Promise<string> {
  const path = join(workDir, name)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return path
  const what = `names ${name} as the newest checkpoint, which is not there`
  throw new DataError(given, what, 'name another checkpoint')
}
