import { dirname } from 'node:path'
import { cannotWrite, orFileError } from '../files/file_error.js'
import { makeFolder } from '../files/make_folder.js'
import { METADATA_KEY } from './checkpoint_metadata.js'
import type { StoredTensor } from './decode_tensor.js'
import { writeSafetensors } from './safetensors.js'

/** What a file records of its weights. */
export interface SaidOfWeights {
  /** Texts of a safetensors file. */
  metadata: Readonly<Record<string, string>>
  /** Names of the classes, by label. */
  classes: readonly string[] | undefined
}

/**
 * Writes tensors of a file to a `.safetensors` file, reading one at a time. It appears whole or not
 * at all. What one of our checkpoints records of itself stays with them; of other files the classes
 * do.
 *
 * @param recorded what the file that they come from recorded.
 */
export async function writePretrained(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  recorded: SaidOfWeights,
): Promise<void> {
  await orFileError(path, cannotWrite, () => makeFolder(dirname(path)))
  await writeSafetensors(path, tensors, { format: 'pt', ...ownMetadata(recorded) })
}

function ownMetadata({ metadata, classes }: SaidOfWeights): Record<string, string> {
  const text = metadata[METADATA_KEY] ?? (classes && JSON.stringify({ classes }))
  return text === undefined ? {} : { [METADATA_KEY]: text }
}
