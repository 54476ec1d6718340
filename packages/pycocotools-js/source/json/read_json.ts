import { CocoError } from '../errors.js'
import { findJsonError } from './json_place.js'

/**
 * Reads a JSON file. Node only; everything else in this package also runs in browsers.
 *
 * @throws CocoError for a file that cannot be read, with the system's reason, or that is not JSON, with line and column.
 */
export async function readJson(path: string): Promise<unknown> {
  const { readFile } = await import('node:fs/promises')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof RangeError || code === 'ERR_STRING_TOO_LONG')
      throw new CocoError(path, 'is longer than a JavaScript string can be (512 MiB)', 'split it')
    throw new CocoError(path, `cannot be read (${(error as Error).message})`, 'check the path')
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const found = findJsonError(text)
    if (found === null) throw error
    throw new CocoError(
      path,
      `is not JSON at line ${found.line}, column ${found.column}: found ${found.found}, expected ${found.expected}`,
      'repair the file, or fetch it again if it is cut short',
    )
  }
}
