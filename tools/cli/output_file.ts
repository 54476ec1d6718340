import { rmSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataError } from '../../errors.js'
import { cannotWrite, orFileError } from '../../files/file_error.js'
import { makeFolder } from '../../files/make_folder.js'
import { type FileContent, replaceContentSync, unfinishedName } from '../../files/replace_file.js'

/** Outputs of this process, in the order they were finished. */
const written: string[] = []

/** Names that outputs have while they are written, by this file or by what it was asked for. */
const unfinished = new Set<string>()

/**
 * Refuses a path that cannot be written, before the work for it is done. Its folder is made where
 * needed.
 */
export async function requireWritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) throw new DataError(path, 'is a folder', 'give the path of a file')
  await orFileError(path, cannotWrite, async () => {
    await makeFolder(dirname(path))
    unfinished.add(unfinishedName(path))
    writeFileSync(unfinishedName(path), '')
    rmSync(unfinishedName(path))
  })
}

/**
 * Writes a file, which appears whole or not at all. It is written at once, since a signal that came
 * in between would end the process with a file that another thread is about to make.
 */
export function writeOutput(path: string, content: FileContent): void {
  replaceContentSync(path, content)
  written.push(path)
}

/**
 * Which outputs this process has written, as a line:
 * `stopped; 3 files were written, the last is infer_out/c.jpg`.
 */
export function writtenLine(): string {
  if (written.length === 0) return 'stopped; nothing was written'
  if (written.length === 1) return `stopped; ${written[0]} was written`
  return `stopped; ${written.length} files were written, the last is ${written.at(-1)}`
}

/** Removes what was being written, where the process ends before it is done. */
export function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { force: true })
}

/**
 * The first of `inputs` that writing the outputs would replace, under whatever path; undefined
 * where there is none, be it by the name that an output has while it is written.
 */
export async function replacedInput(
  outputs: readonly string[],
  inputs: readonly string[],
): Promise<string | undefined> {
  const written = new Set<string>()
  for (const path of outputs.flatMap((path) => [path, unfinishedName(path)])) {
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
