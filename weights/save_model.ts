import { dirname } from 'node:path'
import { cannotWrite, orFileError } from '../files/file_error.js'
import { makeFolder } from '../files/make_folder.js'
import { floats } from '../host_tensor.js'
import type { Module } from '../nn/module.js'
import { type CheckpointMetadata, METADATA_KEY } from './checkpoint_metadata.js'
import { writeSafetensors } from './safetensors.js'

/**
 * Saves the weights of a model alone, under PyTorch's names and shapes: what `loadWeights` reads.
 *
 * The file appears whole or not at all; its folder is made where needed.
 *
 * @param metadata what the checkpoint that the weights come from records of itself, if it does.
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
  await orFileError(path, cannotWrite, () => makeFolder(dirname(path)))
  await writeSafetensors(path, Object.fromEntries(tensors), { format: 'pt', ...texts })
}
