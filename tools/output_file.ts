import { open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataError } from '../errors.js'
import { makeFolder } from '../training/make_folder.js'

/** Refuses a path that cannot be written, before the work for it is done. Its folder is made where needed. */
export async function requireWritable(path: string): Promise<void> {
  await orDataError(path, async () => {
    await makeFolder(dirname(path))
    const probe = await open(`${path}.tmp`, 'w')
    await probe.close()
    await rm(`${path}.tmp`)
  })
}

/** Writes a file under another name and renames it, so that no half of it is ever there. */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<void> {
  await orDataError(path, async () => {
    await writeFile(`${path}.tmp`, content)
    await rename(`${path}.tmp`, path)
  })
}

async function orDataError(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    await rm(`${path}.tmp`, { force: true }).catch(() => {})
    const { code } = error as NodeJS.ErrnoException
    throw new DataError(path, `cannot be written (${code})`, 'give another path')
  }
}
