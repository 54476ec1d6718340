import { ConfigError } from '../errors.js'
import * as tf from '../tf/tf.js'
import { uniformFanIn, zeros } from './initializers.js'
import { Module } from './module.js'
import { type Initializer, Parameter } from './parameter.js'

export interface ConvTranspose2dOptions {
  inChannels: number
  outChannels: number
  /** Side of the square kernel. */
  kernelSize: number
  /** Stride, only `kernelSize`, so that the patches that pixels become do not overlap. */
  stride: number
  /** @default true */
  bias?: boolean
  /** Initial values of the kernel. @default uniformFanIn() */
  init?: Initializer
  /** @default zeros() */
  biasInit?: Initializer
}

/**
 * A transposed convolution that turns each pixel into a patch of its own, with PyTorch's parameter
 * names.
 */
export class ConvTranspose2d extends Module {
  /** `[in, out, k, k]`. */
  readonly weight: Parameter
  /** `[out]`. */
  readonly bias: Parameter | undefined
  /** Side of a patch. */
  readonly stride: number

  constructor(options: ConvTranspose2dOptions) {
    super()
    const { inChannels, outChannels, kernelSize, stride, bias = true } = options
    if (stride !== kernelSize) {
      throw new ConfigError(
        'ConvTranspose2d: stride',
        `is ${stride} for kernels of ${kernelSize} x ${kernelSize}`,
        'use the same number for both',
      )
    }
    const shape = [inChannels, outChannels, kernelSize, kernelSize]
    this.weight = new Parameter(shape, options.init ?? uniformFanIn())
    this.bias = bias ? new Parameter([outChannels], options.biasInit ?? zeros()) : undefined
    this.stride = stride
  }

  /**
   * @param x `[n, h, w, in]`.
   * @returns `[n, h * k, w * k, out]`.
   */
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return joinPatches(this.patchPixels(x), this.stride)
  }

  /**
   * The same numbers before they are put in place. What treats every pixel alike, such as ReLU or a
   * 1x1 convolution, may come before `joinPatches`, which then has fewer numbers to move.
   *
   * @param x `[n, h, w, in]`.
   * @returns `[n * k * k, h, w, out]`: all first pixels of the patches of image 0, all second
   *   ones, and so on, along the rows of a patch.
   */
  patchPixels(x: tf.Tensor4D): tf.Tensor4D {
    const [n, h, w, inChannels] = x.shape
    const [, outChannels, k] = this.weight.shape
    const places = k * k
    // A 1x1 convolution whose output channels are the pixels of a patch.
    const rows = tf.transpose(this.weight.value, [2, 3, 1, 0]) // [k, k, out, in]
    const kernel = tf.reshape(tf.transpose(tf.reshape(rows, [places * outChannels, inChannels])), [
      1,
      1,
      inChannels,
      places * outChannels,
    ]) as tf.Tensor4D
    let y: tf.Tensor = tf.conv2d(x, kernel, 1, 'valid')
    if (this.bias) y = tf.add(y, tf.tile(this.bias.value, [places]))
    const pixels = tf.transpose(tf.reshape(y, [n, h, w, places, outChannels]), [0, 3, 1, 2, 4])
    return tf.reshape(pixels, [n * places, h, w, outChannels])
  }
}

/**
 * Puts the pixels of patches in place.
 *
 * @param pixels `[n * k * k, h, w, c]`, as `ConvTranspose2d.patchPixels` returns them.
 * @returns `[n, h * k, w * k, c]`.
 */
export function joinPatches(pixels: tf.Tensor4D, k: number): tf.Tensor4D {
  const [nkk, h, w, c] = pixels.shape
  const n = nkk / (k * k)
  const split = tf.reshape(pixels, [n, k, k, h, w, c]) // n i j h w c
  const placed = tf.transpose(split, [0, 3, 1, 4, 2, 5]) // n h i w j c
  return tf.reshape(placed, [n, h * k, w * k, c])
}
