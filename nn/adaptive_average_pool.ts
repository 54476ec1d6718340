import * as tf from '../tf/tf.js'
import { binsOf } from './adaptive_max_pool.js'

/**
 * Average pooling to a fixed size, over the bins of `adaptiveMaxPool`. A map smaller than `size`
 * is repeated.
 *
 * Source: as PyTorch's `AdaptiveAvgPool2d`.
 *
 * @param x `[n, h, w, c]`.
 * @returns `[n, size, size, c]`.
 */
export function adaptiveAveragePool(x: tf.Tensor4D, size: number): tf.Tensor4D {
  return averageOfBins(averageOfBins(x, 1, size), 2, size)
}

/** The first cells of all bins, the second ones, and so on, each with its share of its bin. */
function averageOfBins(x: tf.Tensor4D, axis: 1 | 2, size: number): tf.Tensor4D {
  if (x.shape[axis] === size) return x
  const bins = binsOf(x.shape[axis], size)
  const widest = Math.max(...bins.map(([start, end]) => end - start))
  const shape = axis === 1 ? [1, size, 1, 1] : [1, 1, size, 1]
  const cells = Array.from({ length: widest }, (_, offset) => {
    const indices = bins.map(([start, end]) => Math.min(start + offset, end - 1))
    const shares = bins.map(([start, end]) => (start + offset < end ? 1 / (end - start) : 0))
    const cell = tf.gather(x, tf.tensor1d(indices, 'int32'), axis) // size cells along the axis
    return tf.mul(cell, tf.tensor(shares, shape)) as tf.Tensor4D
  })
  return cells.reduce((sum, next) => tf.add(sum, next))
}
