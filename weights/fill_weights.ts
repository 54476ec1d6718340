import type { Module } from '../nn/module.js'
import type { StoredTensor } from './decode_tensor.js'

/** Shapes of the parameters and buffers of a model, by name. */
export function shapesOf(model: Module): Record<string, readonly number[]> {
  const named = model.namedParameters().map(([name, { shape }]) => [name, shape] as const)
  return Object.fromEntries(named)
}

/**
 * Puts tensors into the parameters of their names, reading one at a time; the others keep their
 * values.
 */
export async function fillWeights(
  model: Module,
  tensors: Readonly<Record<string, StoredTensor>>,
): Promise<void> {
  for (const [name, parameter] of model.namedParameters()) {
    if (!Object.hasOwn(tensors, name)) continue
    const { data } = await tensors[name].read()
    parameter.data = data instanceof Float32Array ? data : Float32Array.from(data)
  }
}
