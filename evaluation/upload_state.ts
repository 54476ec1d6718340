import type { ComputeOptions } from '../engine/compute_options.js'
import type { DeviceTensor } from '../engine/device_tensor.js'
import { openMemory } from '../engine/memory.js'
import { floats } from '../host_tensor.js'
import type { Module } from '../nn/module.js'

/**
 * Parameters and buffers where they are computed with: inputs of the graph, so that graphs of
 * several sizes share them. On the processor they are the model's own arrays.
 */
export function uploadState(model: Module, compute: ComputeOptions): Record<string, DeviceTensor> {
  const memory = openMemory(compute)
  const named = model.namedParameters()
  return Object.fromEntries(
    named.map(([name, { data, shape }]) => [name, memory.upload(floats(data, shape))]),
  )
}
