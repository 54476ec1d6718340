import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TrainingError } from '../errors.js'

/**
 * Writes a file under another name, then gives it its own and syncs the folder: a crash at any
 * moment leaves the file as it was, or as it is to be.
 *
 * @param write writes and syncs a file of the name it is given.
 */
export async function replaceFile(
  path: string,
  write: (path: string) => Promise<void>,
): Promise<void> {
  const unfinished = `${path}.tmp`
  try {
    await write(unfinished)
    await rename(unfinished, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(unfinished, { force: true, recursive: true }).catch(() => {})
    throw couldNotWrite(path, error)
  }
}

/**
 * `replaceFile` with a text. @param text whole, or in pieces where it may be longer than a string
 * can be.
 */
export function replaceText(path: string, text: string | Iterable<string>): Promise<void> {
  return replaceFile(path, async (unfinished) => {
    const file = await open(unfinished, 'w')
    try {
      for (const piece of typeof text === 'string' ? [text] : text) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
  })
}

/** An error of the file system as a sentence about a file of the run; any other as it is. */
export function couldNotWrite(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined) return error
  return new TrainingError(
    `${path} could not be written (${code})`,
    'make room in the work dir and go on with --resume, from the checkpoint before',
  )
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
