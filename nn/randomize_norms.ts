import { Random } from '../random/random.js'
import type { Module } from './module.js'

/**
 * Gives every BatchNorm of `module` scales, shifts and running statistics as a trained network
 * might have them, so that a freshly initialised model can be merged, exported and timed as if
 * trained.
 *
 * The running variance of a channel is about what unit inputs give through the convolution before
 * the norm (the last one before it among the parameters), so that activations neither die out nor
 * explode.
 */
export function randomizeNorms(module: Module, seed: number): void {
  const named = module.namedParameters()
  const byName = new Map(named)
  let kernel: Float32Array | undefined
  let channels = 0
  for (const [name, parameter] of named) {
    if (parameter.shape.length > 1) {
      kernel = parameter.data
      channels = parameter.shape[0]
    }
    if (!name.endsWith('running_var')) continue

    const norm = name.slice(0, -'running_var'.length)
    const random = new Random(seed, 'randomizeNorms', name)
    const count = parameter.shape[0]
    const isBeforeNorm = kernel !== undefined && channels === count
    const power = isBeforeNorm ? channelPower(kernel!, count) : new Float32Array(count).fill(1)

    parameter.data = power.map((value) => value * (0.5 + random.uniform()))
    byName.get(`${norm}running_mean`)!.data = power.map((v) => 0.2 * Math.sqrt(v) * random.normal())
    byName.get(`${norm}weight`)!.data = power.map(() => 0.5 + random.uniform())
    byName.get(`${norm}bias`)!.data = power.map(() => 0.2 * random.normal())
  }
}

/** Sum of squares of each output channel's weights. */
function channelPower(kernel: Float32Array, channels: number): Float32Array {
  const size = kernel.length / channels
  const power = new Float32Array(channels)
  for (let i = 0; i < kernel.length; i++) power[Math.floor(i / size)] += kernel[i] ** 2
  return power
}
