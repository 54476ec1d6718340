import type { BatchNorm } from './batch_norm.js'
import type { Conv2d } from './conv2d.js'
import type { Parameter } from './parameter.js'

/** The numbers of a convolution on the host, between two merges. */
export interface MergedConv {
  /** `[out, in / groups, k, k]`. */
  shape: readonly number[]
  /** Values of `shape`, row-major. */
  weight: Float64Array
  /** `[out]`. */
  bias: Float64Array
}

/**
 * The product of `a` `[m, k]` and `b` `[k, n]`, row-major, as `[m, n]`. Given by who merges: what
 * multiplies matrices fast stands above this room. `deploy/` has one.
 */
export type MatrixProduct = (
  a: Float64Array,
  b: Float64Array,
  shape: { m: number; k: number; n: number },
) => Promise<Float64Array>

/** A convolution as it is, for a place in a merge that has no norm. */
export function unmerged(conv: Conv2d): MergedConv {
  const { shape, data } = conv.weight
  return { shape, weight: Float64Array.from(data), bias: biasOf(conv) }
}

/**
 * Folds the running statistics of a norm into the convolution before it, with
 * `s = weight / sqrt(var + eps)`: `W' = s W`, `b' = bias + (b - mean) s`. In float64.
 */
export function foldBatchNorm(
  conv: { weight: Parameter; bias?: Parameter },
  norm: BatchNorm,
): MergedConv {
  const { shape, data } = conv.weight
  const size = data.length / shape[0]
  const weight = Float64Array.from(data)
  const bias = biasOf(conv)
  for (let o = 0; o < shape[0]; o++) {
    const scale = norm.weight.data[o] / Math.sqrt(norm.running_var.data[o] + norm.eps)
    for (let i = o * size; i < (o + 1) * size; i++) weight[i] *= scale
    bias[o] = norm.bias.data[o] + (bias[o] - norm.running_mean.data[o]) * scale
  }
  return { shape, weight, bias }
}

/**
 * Merges a convolution and the 1x1 convolution after it, with nothing between them, into one:
 * `W[o, ...] = sum_m B[o, m] A[m, ...]`, `b[o] = bB[o] + sum_m B[o, m] bA[m]`. Exact whatever the
 * first one's padding, since the second has none.
 *
 * The biases are summed in float64, the matrices multiplied by `multiply`.
 *
 * @param first `[mid, in, k, k]`.
 * @param second `[out, mid, 1, 1]`.
 * @returns `[out, in, k, k]`.
 */
export async function mergePointwise(
  first: MergedConv,
  second: MergedConv,
  multiply: MatrixProduct,
): Promise<MergedConv> {
  const [out, mid] = second.shape
  const size = first.weight.length / mid
  const weight = await multiply(second.weight, first.weight, { m: out, k: mid, n: size })
  const bias = second.bias.map((own, o) => {
    let sum = own
    for (let m = 0; m < mid; m++) sum += second.weight[o * mid + m] * first.bias[m]
    return sum
  })
  return { shape: [out, ...first.shape.slice(1)], weight, bias }
}

/** Gives `conv` the merged numbers, as float32. */
export function assignMerged(
  conv: { weight: Parameter; bias?: Parameter },
  merged: MergedConv,
): void {
  conv.weight.data = Float32Array.from(merged.weight)
  if (conv.bias) conv.bias.data = Float32Array.from(merged.bias)
}

function biasOf(conv: { weight: Parameter; bias?: Parameter }): Float64Array {
  return conv.bias ? Float64Array.from(conv.bias.data) : new Float64Array(conv.weight.shape[0])
}
