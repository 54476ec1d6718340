import * as tf from '../tf/tf.js'
import type { ForwardOptions } from './module.js'

/**
 * Forward options for a network that was trained up to a deep-training lambda, as a constant of the
 * graph. At 1 there are none: the activation between paired convolutions is left out.
 *
 * @param lambda in [0, 1], as `CheckpointMetadata` has it.
 */
export function atLambda(lambda: number): Pick<ForwardOptions, 'lambda'> {
  return lambda === 1 ? {} : { lambda: tf.scalar(lambda) }
}
