import * as tf from '@tensorflow/tfjs'
import { Random } from './random.js'

/** Fills a new array for a parameter of `shape` (PyTorch's axis order). */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array

let serial = 0

/**
 * One named array of a module: a trained weight, or a buffer such as a running mean.
 *
 * It is kept in the layout of the PyTorch original (convolutions `[out, in / groups, kh, kw]`, linear
 * layers `[out, in]`); modules transpose it where they use it, which costs nothing in a traced graph.
 */
export class Parameter {
  readonly shape: readonly number[]
  /** False for buffers: no gradient, no optimizer. */
  readonly trainable: boolean
  private readonly initializer: Initializer
  private readonly serial = serial++
  private host: Float32Array | undefined
  private eager: tf.Tensor | undefined
  private substitute: tf.Tensor | undefined
  private updated: tf.Tensor | undefined

  constructor(
    shape: readonly number[],
    initializer: Initializer,
    options: { trainable?: boolean } = {},
  ) {
    this.shape = shape
    this.initializer = initializer
    this.trainable = options.trainable ?? true
  }

  /** The values on the host; drawn from the initializer when first asked for. */
  get data(): Float32Array {
    this.host ??= this.initializer(this.shape, new Random('parameter', this.serial))
    return this.host
  }

  /** Replaces the values; `values` is kept, not copied. */
  set data(values: Float32Array) {
    this.host = values
    this.eager?.dispose()
    this.eager = undefined
  }

  /** Draws new values from the initializer. */
  initialize(random: Random): void {
    this.data = this.initializer(this.shape, random)
  }

  /** The tensor to compute with: the one `functionalCall` put in place, or a copy of `data`. */
  get value(): tf.Tensor {
    if (this.updated) return this.updated
    if (this.substitute) return this.substitute
    if (!this.eager || this.eager.isDisposed) {
      this.eager = tf.keep(tf.tensor(this.data, [...this.shape], 'float32'))
    }
    return this.eager
  }

  /**
   * Gives a buffer its next value. Inside `functionalCall` the new value goes out as a result of the
   * call; outside, it becomes the buffer's value at once.
   */
  update(value: tf.Tensor): void {
    if (this.substitute) {
      this.updated = tf.keep(value)
    } else {
      this.data = Float32Array.from(value.dataSync())
    }
  }

  /** For `functionalCall` only: computes with `value` until `release`. */
  substituteWith(value: tf.Tensor): void {
    this.substitute = value
  }

  /** For `functionalCall` only: ends the substitution and returns the update it gathered, if any. */
  release(): tf.Tensor | undefined {
    const updated = this.updated
    this.substitute = undefined
    this.updated = undefined
    return updated
  }
}
