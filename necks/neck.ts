import { Module } from '../nn/module.js'
import type * as tf from '../tf/tf.js'

/** Feature maps to feature maps. */
export abstract class Neck extends Module {
  /** Channels of every map it returns. */
  abstract readonly outChannels: number
  /**
   * Input pixels a cell of each map it returns stands for, on a side: where anchors and RoIs lie.
   */
  abstract readonly strides: readonly number[]
  /**
   * How many of these maps, from the finest on, hold features of the backbone; the others only
   * propose.
   */
  abstract readonly roiLevels: number

  /**
   * @param features `[n, h, w, c]` each, fine to coarse.
   * @returns feature maps of one width, fine to coarse.
   */
  abstract override forward(features: tf.Tensor4D[]): tf.Tensor4D[]
}
