import { ConfigError } from '../errors.js'
import * as tf from '../tf/tf.js'
import type { BatchNorm } from './batch_norm.js'
import { uniformFanIn, zeros } from './initializers.js'
import { type ForwardOptions, Module } from './module.js'
import { type Initializer, Parameter } from './parameter.js'

export interface Conv2dOptions {
  inChannels: number
  outChannels: number
  /** Side of the square kernel. */
  kernelSize: number
  /** @default 1 */
  stride?: number
  /** Zeros on each of the four sides. @default 0 */
  padding?: number
  /** 1, or `inChannels` with as many `outChannels` for a depthwise convolution. @default 1 */
  groups?: number
  /** @default true */
  bias?: boolean
  /** Initial values of the kernel. @default uniformFanIn() */
  init?: Initializer
  /** @default zeros() */
  biasInit?: Initializer
  /** False: its weights are buffers, which no optimizer sees. @default true */
  trainable?: boolean
}

/** A dense or depthwise convolution with PyTorch's padding, rounding and parameter names. */
export class Conv2d extends Module {
  /** `[out, in / groups, k, k]`. */
  readonly weight: Parameter
  /** `[out]`. */
  readonly bias: Parameter | undefined
  readonly stride: number
  readonly padding: number
  readonly groups: number

  constructor(options: Conv2dOptions) {
    super()
    const { inChannels, outChannels, kernelSize, stride = 1, padding = 0, groups = 1 } = options
    const { trainable } = options
    if (groups !== 1 && (groups !== inChannels || groups !== outChannels)) {
      throw new ConfigError(
        'Conv2d: groups',
        `is ${groups} for ${inChannels} input and ${outChannels} output channels`,
        'use 1, or the number of channels on both sides for a depthwise convolution',
      )
    }
    const shape = [outChannels, inChannels / groups, kernelSize, kernelSize]
    this.weight = new Parameter(shape, options.init ?? uniformFanIn(), { trainable })
    this.bias =
      options.bias === false
        ? undefined
        : new Parameter([outChannels], options.biasInit ?? zeros(), { trainable })
    this.stride = stride
    this.padding = padding
    this.groups = groups
  }

  /**
   * @param x `[n, h, w, in]`.
   * @returns `[n, floor((h + 2 padding - k) / stride) + 1, ..., out]`.
   */
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const y = this.groups === 1 ? this.dense(x, this.kernel()) : depthwise(x, this.weight, this)
    return this.bias ? tf.add(y, this.bias.value) : y
  }

  /**
   * The dense convolution with its kernel multiplied by `scale` `[out]`, and without its bias: what
   * `forward` without bias times `scale` is, for a pass over the kernel.
   */
  scaled(x: tf.Tensor4D, scale: tf.Tensor): tf.Tensor4D {
    return this.dense(x, tf.mul(this.kernel(), scale))
  }

  /** `[k, k, in, out]`. */
  private kernel(): tf.Tensor4D {
    return tf.transpose(this.weight.value as tf.Tensor4D, [2, 3, 1, 0])
  }

  private dense(x: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
    return tf.conv2d(x, kernel, this.stride, padOf(this.weight, this))
  }
}

/**
 * One kernel a channel.
 *
 * @param x `[n, h, w, c]`.
 * @param weight `[c, 1, k, k]`.
 * @returns `[n, floor((h + 2 padding - k) / stride) + 1, ..., c]`.
 */
export function depthwise(
  x: tf.Tensor4D,
  weight: Parameter,
  { stride, padding }: { stride: number; padding: number },
): tf.Tensor4D {
  const kernel = tf.transpose(weight.value as tf.Tensor4D, [2, 3, 0, 1]) // [k, k, c, 1]
  return tf.depthwiseConv2d(x, kernel, stride, padOf(weight, { stride, padding }))
}

type Pad = 'valid' | 'same' | [[0, 0], [number, number], [number, number], [0, 0]]

/**
 * TensorFlow's 'same' pads unevenly with strides above 1, so it stands for PyTorch's padding only
 * at 1.
 */
function padOf(weight: Parameter, { stride, padding }: { stride: number; padding: number }): Pad {
  if (padding === 0) return 'valid'
  if (stride === 1 && weight.shape[2] === 2 * padding + 1) return 'same'
  return [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ]
}

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
