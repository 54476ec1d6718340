import * as tf from '../tf/tf.js'

/**
 * Max pooling to a fixed size: bin `i` of `size` spans `floor(i * side / size)` to
 * `ceil((i + 1) * side / size)`, so neighbouring bins may overlap.
 *
 * Source: as PyTorch's `AdaptiveMaxPool2d`.
 *
 * @param x `[n, h, w, c]`.
 * @returns `[n, size, size, c]`.
 */
export function adaptiveMaxPool(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const [, height, width] = x.shape
  const stride = height / size
  if (height === width && Number.isInteger(stride)) return tf.maxPool(x, stride, stride, 'valid')
  return maxOfBins(maxOfBins(x, 1, size), 2, size)
}

/** The first cells of all bins, then the second ones, and so on; shorter bins repeat their last. */
function maxOfBins(x: tf.Tensor4D, axis: 1 | 2, size: number): tf.Tensor4D {
  const bins = binsOf(x.shape[axis], size)
  const widest = Math.max(...bins.map(([start, end]) => end - start))
  const cells = Array.from({ length: widest }, (_, offset) => {
    const indices = bins.map(([start, end]) => Math.min(start + offset, end - 1))
    return tf.gather(x, tf.tensor1d(indices, 'int32'), axis) // [n, size, w, c] or [n, h, size, c]
  })
  return cells.reduce((largest, next) => tf.maximum(largest, next))
}

/** First cell and the one after the last, of each of `size` bins over `side` cells. */
export function binsOf(side: number, size: number): [start: number, end: number][] {
  return Array.from({ length: size }, (_, i) => [
    Math.floor((i * side) / size),
    Math.ceil(((i + 1) * side) / size),
  ])
}
