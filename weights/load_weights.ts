import { DataError } from '../errors.js'
import type { HostTensor } from '../host_tensor.js'
import type { Module } from '../nn/module.js'
import { shapesOf } from './fill_weights.js'
import { describeMatch, isFullMatch, matchWeights, type WeightMatch } from './match_weights.js'
import { readSafetensors, readSafetensorsHeader } from './safetensors.js'

/** The file beside a model file that holds the rest of the training state. */
export function trainStatePath(modelPath: string): string {
  return modelPath.replace(/\.safetensors$/, '.train_state.safetensors')
}

/**
 * Loads weights into a detector, or any other module.
 *
 * @param options.weights `ema`: the averages, from the state file beside `path`. Default `model`.
 * @param options.partial loads what matches and leaves the rest, where otherwise every tensor
 *   must match.
 * @throws DataError that names what matched and what did not, before anything is loaded.
 */
export async function loadWeights(
  model: Module,
  path: string,
  options: { weights?: 'model' | 'ema'; partial?: boolean } = {},
): Promise<WeightMatch> {
  const prefix = options.weights === 'ema' ? 'ema.' : ''
  const file = prefix === '' ? path : trainStatePath(path)
  const { shapes } = await readSafetensorsHeader(file)
  const match = matchWeights(shapesOf(model), withoutPrefix(shapes, prefix))
  if (options.partial ? match.matched.length === 0 : !isFullMatch(match)) {
    const what = `the weights are not of this model: ${describeMatch(match)}`
    throw new DataError(file, what, 'give the config that the checkpoint was made with')
  }
  const { tensors } = await readSafetensors(file)
  const matched = new Set(match.matched)
  for (const [name, parameter] of model.namedParameters()) {
    if (matched.has(name)) parameter.data = asFloats(tensors[prefix + name])
  }
  return match
}

function withoutPrefix(shapes: Record<string, number[]>, prefix: string) {
  const named = Object.entries(shapes)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, shape]) => [name.slice(prefix.length), shape] as const)
  return Object.fromEntries(named)
}

function asFloats({ data }: HostTensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data)
}
