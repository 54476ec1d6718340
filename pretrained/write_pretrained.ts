import { dirname } from 'node:path'
import { cannotWrite, orFileError } from '../files/file_error.js'
import { makeFolder } from '../files/make_folder.js'
import { METADATA_KEY } from '../weights/checkpoint_metadata.js'
import type { StoredTensor } from '../weights/decode_tensor.js'
import { writeSafetensors } from '../weights/safetensors.js'
import type { Pretrained } from './read_pretrained.js'

/**
 * Writes tensors of a file to a `.safetensors` file, reading one at a time. It appears whole or not
 * at all. What one of our checkpoints says of itself stays with them; of other files the classes
 * do.
 *
 * @param from the file.
 */
export async function writePretrained(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  from: Pick<Pretrained, 'metadata' | 'classes'>,
): Promise<void> {
  await orFileError(path, cannotWrite, () => makeFolder(dirname(path)))
  await writeSafetensors(path, tensors, { format: 'pt', ...ownMetadata(from) })
}

function ownMetadata({
  metadata,
  classes,
}: Pick<Pretrained, 'metadata' | 'classes'>): Record<string, string> {
  const text = metadata[METADATA_KEY] ?? (classes && JSON.stringify({ classes }))
  return text === undefined ? {} : { [METADATA_KEY]: text }
}
