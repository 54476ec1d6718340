import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, where they are not there yet.
 *
 * In place of `mkdir(path, { recursive: true })`, which Node 20 never returns from where a folder
 * exists that takes no others, such as /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) return
  if (dirname(path) !== path) await makeFolder(dirname(path))
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const isThere = code === 'EEXIST' && (await stat(path)).isDirectory()
    if (!isThere) throw error // else somebody made it meanwhile
  }
}
