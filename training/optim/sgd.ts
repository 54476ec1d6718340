import * as tf from '../../tf/tf.js'

export interface SGDConstants {
  readonly momentum: number
  readonly nesterov: boolean
  /** L2 penalty, added to the gradient. */
  readonly weightDecay: number
}

/** One parameter with its running gradient, both of one shape. */
export interface SGDArrays {
  readonly parameter: tf.Tensor
  /** PyTorch's `momentum_buffer`; zero before the first update. */
  readonly momentum: tf.Tensor
}

/**
 * One update of stochastic gradient descent with momentum (no dampening).
 *
 * Source: torch.optim.SGD, where the momentum is a plain decayed sum and the learning rate is
 * applied after it.
 *
 * @param gradient of the parameter's shape.
 * @param learningRate scalar, of this group and iteration.
 */
export function sgd(
  { parameter, momentum }: SGDArrays,
  gradient: tf.Tensor,
  constants: SGDConstants,
  learningRate: tf.Scalar,
): SGDArrays {
  const { weightDecay, nesterov } = constants
  const penalised = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay))
  const newMomentum = tf.add(tf.mul(momentum, constants.momentum), penalised)
  const direction = nesterov
    ? tf.add(penalised, tf.mul(newMomentum, constants.momentum))
    : newMomentum
  return {
    parameter: tf.sub(parameter, tf.mul(direction, learningRate)),
    momentum: newMomentum,
  }
}
