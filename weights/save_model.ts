import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataError } from '../errors.js'
import { makeFolder } from '../files/make_folder.js'
import { floats } from '../host_tensor.js'
import type { Module } from '../nn/index.js'
import { type CheckpointMetadata, METADATA_KEY } from './checkpoint_metadata.js'
import { writeSafetensors } from './safetensors.js'

/**
 * Saves the weights of a model alone, under PyTorch's names and shapes: what `loadWeights` reads.
 *
 * The file is written under another name, synced and renamed; its folder is made where needed.
 *
 * @param metadata what the checkpoint that the weights come from says of itself, if it does.
 * @param options.backboneAlone leaves out the rest of a detector.
 */
export async function saveModel(
  path: string,
  model: Module,
  metadata: Partial<CheckpointMetadata> | undefined,
  { backboneAlone = false }: { backboneAlone?: boolean } = {},
): Promise<void> {
  const all = model.namedParameters()
  const named = backboneAlone ? all.filter(([name]) => name.startsWith('backbone.')) : all
  const tensors = named.map(([name, { data, shape }]) => [name, floats(data, shape)] as const)
  const texts = metadata ? { [METADATA_KEY]: JSON.stringify(metadata) } : undefined
  const unfinished = `${path}.tmp`
  try {
    await makeFolder(dirname(path))
    await writeSafetensors(unfinished, Object.fromEntries(tensors), { format: 'pt', ...texts })
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    const { code } = error as NodeJS.ErrnoException
    throw new DataError(path, `cannot be written (${code})`, 'give another path')
  }
}
