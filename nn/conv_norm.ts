import * as tf from '@tensorflow/tfjs'
import type { BatchNorm } from './batch_norm.js'
import type { Conv2d } from './conv2d.js'
import type { ForwardOptions } from './module.js'

/**
 * A convolution, then a norm. A norm that uses its running statistics is folded into the kernel:
 * `conv(x, W) * scale + shift` is `conv(x, W * scale) + shift`. Scale and its gradient then cost a
 * pass over the kernel, where they would cost one forward and two backward over the feature map.
 *
 * @param x `[n, h, w, in]`.
 * @returns `[n, outHeight, outWidth, out]`, as `norm.forward(conv.forward(x))`.
 */
export function convNorm(
  x: tf.Tensor4D,
  [conv, norm]: readonly [Conv2d, BatchNorm],
  options: ForwardOptions,
): tf.Tensor4D {
  if (norm.usesBatch(options)) return norm.forward(conv.forward(x), options)
  const { scale, shift } = norm.runningMap()
  const offset = conv.bias ? tf.add(tf.mul(conv.bias.value, scale), shift) : shift
  return tf.add(conv.scaled(x, scale), offset)
}
