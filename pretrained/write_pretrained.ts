import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataError } from '../errors.js'
import type { StoredTensor } from '../training/decode_tensor.js'
import { makeFolder } from '../training/make_folder.js'
import { writeSafetensors } from '../training/safetensors.js'

/**
 * Writes tensors of a file to a `.safetensors` file, reading one at a time. The file is written under another
 * name and renamed.
 */
export async function writePretrained(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
): Promise<void> {
  const unfinished = `${path}.tmp`
  try {
    await makeFolder(dirname(path))
    await writeSafetensors(unfinished, tensors, { format: 'pt' })
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    if (error instanceof DataError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new DataError(path, `cannot be written (${code})`, 'give another path')
  }
}
