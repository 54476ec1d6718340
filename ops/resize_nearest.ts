import * as tf from '../tf/tf.js'

/**
 * Enlarges maps by repeating cells: the source index is `floor(index * source / target)` on each
 * axis.
 *
 * Source: PyTorch's `interpolate` with mode `nearest`. The gradient is our own: TensorFlow.js 4.22
 * reads the wrong image in its CPU kernel for it once a batch has more than one.
 *
 * @param maps `[n, h, w, c]`.
 * @param size height and width to reach.
 * @returns `[n, height, width, c]`.
 */
export function resizeNearest(
  maps: tf.Tensor4D,
  [height, width]: readonly [number, number],
): tf.Tensor4D {
  const { shape } = maps
  const differentiable = tf.customGrad((x) => ({
    value: tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [height, width]),
    gradFunc: (dy: tf.Tensor) =>
      isDoubling(shape[1], height) && isDoubling(shape[2], width)
        ? sumPairs(dy as tf.Tensor4D)
        : sumRepeats(dy as tf.Tensor4D, shape),
  }))
  return differentiable(maps) as tf.Tensor4D
}

/** True if the rule comes down to `floor(index / 2)`; the last cell may be there only once. */
function isDoubling(source: number, target: number): boolean {
  return target === 2 * source || (target === 2 * source - 1 && source > 1)
}

/**
 * Sum over blocks of 2 x 2, those at the bottom and right possibly cut:
 * `[n, ceil(h / 2), ceil(w / 2), c]`.
 */
function sumPairs(dy: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = dy.shape
  const isEven = height % 2 === 0 && width % 2 === 0
  const padding: [number, number][] = [
    [0, 0],
    [0, height % 2],
    [0, width % 2],
    [0, 0],
  ]
  const blocks = isEven ? dy : (tf.pad(dy, padding) as tf.Tensor4D)
  return tf.mul(tf.avgPool(blocks, 2, 2, 'valid'), 4)
}

/** Sum over the repeats of each cell, for any two sizes: `[n, h, w, c]`. */
function sumRepeats(dy: tf.Tensor4D, [count, h, w, channels]: tf.Tensor4D['shape']): tf.Tensor {
  const [, height, width] = dy.shape
  const rows = tf.matMul(repeats(h, height), tf.reshape(dy, [count, height, width * channels]))
  const columns = tf.matMul(repeats(w, width), tf.reshape(rows, [count * h, width, channels]))
  return tf.reshape(columns, [count, h, w, channels])
}

/** 1 where a target cell repeats a source cell: `[1, source, target]`. */
function repeats(source: number, target: number): tf.Tensor3D {
  const isRepeat = new Float32Array(source * target)
  for (let i = 0; i < target; i++) {
    isRepeat[Math.floor((i * source) / target) * target + i] = 1
  }
  return tf.tensor3d(isRepeat, [1, source, target])
}
