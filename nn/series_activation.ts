import * as tf from '../tf/tf.js'
import { BatchNorm } from './batch_norm.js'
import { depthwise } from './conv2d.js'
import { truncatedNormal, zeros } from './initializers.js'
import { assignMerged, foldBatchNorm } from './merge_convolutions.js'
import { type ForwardOptions, Module } from './module.js'
import { Parameter } from './parameter.js'

export interface SeriesActivationOptions {
  channels: number
  /** Order n: the kernel is `2 n + 1` wide, at 0 one scale a channel. */
  actNum: number
  /** Deploy form has a bias in place of the norm. */
  form: 'train' | 'deploy'
  /** The norm uses its running statistics in training too. @default false */
  normEval?: boolean
  /** False: its weights are buffers, which no optimizer sees. @default true */
  trainable?: boolean
}

/**
 * The series-informed activation as implemented: ReLU, then one `2 n + 1` square kernel a channel,
 * then BatchNorm. The shift inside the paper's ReLU is not there; the norm's is.
 *
 * Source: arXiv:2305.12972, as in its official repository.
 */
export class SeriesActivation extends Module {
  /** `[channels, 1, 2 n + 1, 2 n + 1]`. */
  readonly weight: Parameter
  readonly bn: BatchNorm | undefined
  readonly bias: Parameter | undefined
  private readonly actNum: number

  constructor({ channels, actNum, form, normEval, trainable }: SeriesActivationOptions) {
    super()
    const side = 2 * actNum + 1
    this.weight = new Parameter([channels, 1, side, side], truncatedNormal(0.02), { trainable })
    if (form === 'train') {
      this.bn = new BatchNorm({ channels, eps: 1e-6, frozen: normEval, trainable })
    } else {
      this.bias = new Parameter([channels], zeros(), { trainable })
    }
    this.actNum = actNum
  }

  /** @param x `[n, h, w, channels]`; the result has its shape. */
  override forward(x: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D {
    const y = depthwise(tf.relu(x), this.weight, { stride: 1, padding: this.actNum })
    return this.bn ? this.bn.forward(y, options) : tf.add(y, this.bias!.value)
  }

  /** Gives `deploy` the kernel with the norm folded in; this one is in training form. */
  mergeInto(deploy: SeriesActivation): void {
    assignMerged(deploy, foldBatchNorm(this, this.bn!))
  }
}
