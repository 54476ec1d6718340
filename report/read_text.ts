import { readFile } from 'node:fs/promises'
import { DataError } from '../errors.js'

/**
 * What a text file holds; undefined where there is none. One that cannot be read is a `DataError`.
 */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new DataError(path, `cannot be read (${code})`, 'check its permissions')
  }
}
