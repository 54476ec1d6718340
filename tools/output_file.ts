import { open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataError } from '../errors.js'
import { makeFolder } from '../training/make_folder.js'

/** Refuses a path that cannot be written, before the work for it is done. Its folder is made where needed. */
export async function requireWritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) throw new DataError(path, 'is a folder', 'give the path of a file')
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

/**
 * The first of `inputs` that writing the outputs would replace, under whatever path; undefined where there is none.
 * An output is written as `PATH.tmp` first.
 */
export async function replacedInput(
  outputs: readonly string[],
  inputs: readonly string[],
): Promise<string | undefined> {
  const written = new Set<string>()
  for (const path of outputs.flatMap((path) => [path, `${path}.tmp`])) {
    const identity = await identityOf(path)
    if (identity !== undefined) written.add(identity)
  }
  for (const path of inputs) {
    const identity = await identityOf(path)
    if (identity !== undefined && written.has(identity)) return path
  }
  return undefined
}

/** Equal for paths of one file; undefined where there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  return found && `${found.dev}:${found.ino}`
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
