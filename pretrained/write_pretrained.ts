import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataError } from '../errors.js'
import { makeFolder } from '../files/make_folder.js'
import { METADATA_KEY } from '../weights/checkpoint_metadata.js'
import type { StoredTensor } from '../weights/decode_tensor.js'
import { writeSafetensors } from '../weights/safetensors.js'
import type { Pretrained } from './read_pretrained.js'

/**
 * Writes tensors of a file to a `.safetensors` file, reading one at a time. The file is written
 * under another name and renamed. What one of our checkpoints says of itself stays with them; of
 * other files the classes do.
 *
 * @param from the file.
 */
export async function writePretrained(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  from: Pick<Pretrained, 'metadata' | 'classes'>,
): Promise<void> {
  const unfinished = `${path}.tmp`
  try {
    await makeFolder(dirname(path))
    await writeSafetensors(unfinished, tensors, { format: 'pt', ...ownMetadata(from) })
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    if (error instanceof DataError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new DataError(path, `cannot be written (${code})`, 'give another path')
  }
}

function ownMetadata({
  metadata,
  classes,
}: Pick<Pretrained, 'metadata' | 'classes'>): Record<string, string> {
  const text = metadata[METADATA_KEY] ?? (classes && JSON.stringify({ classes }))
  return text === undefined ? {} : { [METADATA_KEY]: text }
}
