import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { cannotWrite, type FileSentence, orFileError, orFileErrorSync } from './file_error.js'

/** A text or bytes; a text in pieces where it may be longer than a string can be. */
export type FileContent = string | Uint8Array | Iterable<string>

/** The name that a file has while it is written. */
export function unfinishedName(path: string): string {
  return `${path}.tmp`
}

/**
 * Writes a file under another name, syncs it, gives it its own name and syncs the folder: a crash
 * at any moment leaves the file as it was, or as it is to be, and so does an error, which removes
 * what was written until then.
 *
 * @param write writes to the file, which is empty, synced and closed for it.
 * @param sentence what an error of the file system becomes. @default cannotWrite
 */
export function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  sentence: FileSentence = cannotWrite,
): Promise<void> {
  return orFileError(path, sentence, async () => {
    const unfinished = unfinishedName(path)
    const file = await open(unfinished, 'w')
    try {
      await thenClose(file, async () => {
        await write(file)
        await file.sync()
      })
      await rename(unfinished, path)
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {})
      throw error
    }
    await syncPath(dirname(path))
  })
}

/** `replaceFile` with what is in memory. */
export function replaceContent(
  path: string,
  content: FileContent,
  sentence?: FileSentence,
): Promise<void> {
  const write = async (file: FileHandle) => {
    for (const piece of piecesOf(content)) await file.writeFile(piece)
  }
  return replaceFile(path, write, sentence)
}

/** `replaceContent` at once: no signal comes between the file's first byte and its name. */
export function replaceContentSync(
  path: string,
  content: FileContent,
  sentence: FileSentence = cannotWrite,
): void {
  orFileErrorSync(path, sentence, () => {
    const unfinished = unfinishedName(path)
    const file = openSync(unfinished, 'w')
    try {
      try {
        for (const piece of piecesOf(content)) writeFileSync(file, piece)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(unfinished, path)
    } catch (error) {
      rmSync(unfinished, { force: true })
      throw error
    }
    syncPathSync(dirname(path))
  })
}

/** Has a folder's names, or a file that others wrote, on the disk, where that is possible. */
export async function syncPath(path: string): Promise<void> {
  try {
    const file = await open(path, 'r')
    await thenClose(file, () => file.sync())
  } catch (error) {
    requireUnsyncable(error)
  }
}

function syncPathSync(path: string): void {
  try {
    const file = openSync(path, 'r')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    requireUnsyncable(error)
  }
}

/** Codes of what cannot be opened (folders on Windows, or unreadable) or synced (some networks). */
const UNSYNCABLE = new Set(['EACCES', 'EINVAL', 'EISDIR', 'ENOSYS', 'ENOTSUP', 'EPERM'])

function requireUnsyncable(error: unknown): void {
  if (!UNSYNCABLE.has(String((error as NodeJS.ErrnoException).code))) throw error
}

async function thenClose(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    await file.close()
  }
}

function piecesOf(content: FileContent): Iterable<string | Uint8Array> {
  return typeof content === 'string' || content instanceof Uint8Array ? [content] : content
}
