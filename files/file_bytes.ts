import { type FileHandle, open } from 'node:fs/promises'
import { DataError } from '../errors.js'

/** One call writes or reads at most this much: the system's limit is 2 GiB. */
export const MAX_CALL_BYTES = 256 * 1024 * 1024

/**
 * Opens a file for reading while `use` runs.
 *
 * @param kind what the file should be, as in `.safetensors`.
 * @throws DataError where there is no such file, or it may not be read.
 */
export async function withFile<Result>(
  path: string,
  kind: string,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new DataError(path, 'there is no such file', 'give another path')
    throw new DataError(path, `it cannot be read (${code})`, 'check its permissions')
  }
  try {
    if (!(await file.stat()).isFile()) {
      throw new DataError(path, 'it is no file', `give the path of a ${kind} file`)
    }
    return await use(file)
  } finally {
    await file.close()
  }
}

/** Fills `bytes` from `position` of the file on. */
export async function readBytes(
  path: string,
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const length = Math.min(MAX_CALL_BYTES, bytes.length - done)
    const { bytesRead } = await file.read(bytes, done, length, position + done)
    if (bytesRead === 0) throw cutShort(path, position + done, position + bytes.length)
    done += bytesRead
  }
}

export function cutShort(path: string, found: number, expected: number): DataError {
  return new DataError(
    path,
    `the file is cut short, at ${found} of at least ${expected} bytes`,
    'copy or save it again',
  )
}
