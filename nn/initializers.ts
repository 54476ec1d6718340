import type { Random } from '../random/random.js'
import type { Initializer } from './parameter.js'

/** Every value 0. */
export function zeros(): Initializer {
  return constant(0)
}

/** Every value 1. */
export function ones(): Initializer {
  return constant(1)
}

/** Every value the same. */
export function constant(value: number): Initializer {
  return (shape) => new Float32Array(sizeOf(shape)).fill(value)
}

/** Normal with mean 0 and standard deviation `std`. */
export function normal(std: number): Initializer {
  return (shape, random) => draw(shape, () => std * random.normal())
}

/**
 * Normal with mean 0 and standard deviation `std`, drawn again while outside `[-limit, limit]`.
 *
 * @param limit absolute, not in standard deviations, as timm's `trunc_normal_` has it. @default 2
 */
export function truncatedNormal(std: number, limit = 2): Initializer {
  return (shape, random) => draw(shape, () => truncated(random, std, limit))
}

/** Uniform in `[low, high)`. */
export function uniform(low: number, high: number): Initializer {
  return (shape, random) => draw(shape, () => low + (high - low) * random.uniform())
}

/** Uniform within `sqrt(6 / (fanIn + fanOut))` of 0. Source: Glorot and Bengio, 2010. */
export function xavierUniform(): Initializer {
  return (shape, random) => {
    const { fanIn, fanOut } = fans(shape)
    const bound = Math.sqrt(6 / (fanIn + fanOut))
    return uniform(-bound, bound)(shape, random)
  }
}

/** Normal with standard deviation `sqrt(2 / fanOut)`. Source: arXiv:1502.01852, `fan_out` mode. */
export function kaimingNormalFanOut(): Initializer {
  return (shape, random) => normal(Math.sqrt(2 / fans(shape).fanOut))(shape, random)
}

/**
 * Uniform within `1 / sqrt(fanIn)` of 0: what PyTorch gives convolutions and linear layers by
 * default.
 */
export function uniformFanIn(): Initializer {
  return (shape, random) => {
    const bound = 1 / Math.sqrt(fans(shape).fanIn)
    return uniform(-bound, bound)(shape, random)
  }
}

/**
 * Inputs of one output and outputs of one input, for `[out, in / groups, kh, kw]` or `[out, in]`.
 */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [out, inputs, ...kernel] = shape
  const taps = sizeOf(kernel)
  return { fanIn: inputs * taps, fanOut: out * taps }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}

function draw(shape: readonly number[], next: () => number): Float32Array {
  const values = new Float32Array(sizeOf(shape))
  for (let i = 0; i < values.length; i++) values[i] = next()
  return values
}

function truncated(random: Random, std: number, limit: number): number {
  let value = std * random.normal()
  while (Math.abs(value) > limit) value = std * random.normal()
  return value
}
