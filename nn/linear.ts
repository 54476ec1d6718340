import * as tf from '../tf/tf.js'
import { uniformFanIn, zeros } from './initializers.js'
import { Module } from './module.js'
import { type Initializer, Parameter } from './parameter.js'

export interface LinearOptions {
  inFeatures: number
  outFeatures: number
  /** @default true */
  bias?: boolean
  /** Initial values of the weight. @default uniformFanIn() */
  init?: Initializer
  /** @default zeros() */
  biasInit?: Initializer
}

/** A fully connected layer with PyTorch's parameter names. */
export class Linear extends Module {
  /** `[out, in]`. */
  readonly weight: Parameter
  /** `[out]`. */
  readonly bias: Parameter | undefined

  constructor({ inFeatures, outFeatures, bias = true, init, biasInit }: LinearOptions) {
    super()
    this.weight = new Parameter([outFeatures, inFeatures], init ?? uniformFanIn())
    this.bias = bias ? new Parameter([outFeatures], biasInit ?? zeros()) : undefined
  }

  /**
   * @param x `[r, in]`.
   * @returns `[r, out]`.
   */
  override forward(x: tf.Tensor2D): tf.Tensor2D {
    const y = tf.matMul(x, this.weight.value as tf.Tensor2D, false, true)
    return (this.bias ? tf.add(y, this.bias.value) : y) as tf.Tensor2D
  }
}
