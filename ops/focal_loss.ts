import * as tf from '../tf/tf.js'
import { IGNORED } from './assign.js'

export interface FocalLossOptions {
  /** Weight of a target that is there; one that is not weighs `1 - alpha`. @default 0.25 */
  alpha?: number
  /** How strongly easy examples are discounted. @default 2 */
  gamma?: number
}

/**
 * Sigmoid focal loss, summed over everything.
 *
 * With `s = -x` for a target that is there and `s = x` for one that is not, both cases are
 * `f(s) = sigmoid(s)^gamma softplus(s)`, up to their weight. Nearly all targets are not there: the
 * large tensors are passed through as if none were, and each labelled row is then corrected. The
 * gradient is in closed form, from what the value has computed already.
 *
 * Source: Focal Loss for Dense Object Detection, arXiv:1708.02002; as mmdetection 2.x.
 *
 * @param logits `[..., k]`, one for each class; safe for any finite value.
 * @param labels `[...]` int32: class, or `BACKGROUND`, or `IGNORED` for a row without loss.
 * @returns a scalar; 0 for empty input. There is no gradient with respect to `labels`.
 */
export function sigmoidFocalLoss(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { alpha = 0.25, gamma = 2 }: FocalLossOptions = {},
): tf.Scalar {
  const differentiable = tf.customGrad((x, save) => {
    const logits = x as tf.Tensor
    const isTarget = targetMask(labels, logits.shape[logits.rank - 1]) // [..., k]
    const { probability, power, loss } = hardness(logits, gamma) // each [..., k]
    const counted = tf.cast(tf.notEqual(labels, IGNORED), 'float32') // [...]
    const labelled = tf.cast(tf.greaterEqual(labels, 0), 'float32') // [...]
    const targetLogits = tf.sum(tf.where(isTarget, logits, tf.scalar(0)), -1) // [...]

    const asAbsent = tf.mul(1 - alpha, tf.sum(loss, -1)) // [...]
    const correction = tf.sub(
      tf.mul(alpha, hardness(tf.neg(targetLogits), gamma).loss),
      tf.mul(1 - alpha, hardness(targetLogits, gamma).loss),
    )
    const value = tf.sum(tf.add(tf.mul(counted, asAbsent), tf.mul(labelled, correction)))

    ;(save as tf.GradSaveFunc)([probability, power, loss, isTarget, counted, targetLogits])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [probability, power, loss, isTarget, counted, targetLogits] = saved
      const absent = tf.mul(tf.mul(1 - alpha, dy), tf.expandDims(counted, -1)) // [..., 1]
      const present = tf.mul(-alpha, slope(hardness(tf.neg(targetLogits), gamma), gamma))
      return tf.where(
        isTarget,
        tf.expandDims(tf.mul(present, dy), -1),
        tf.mul(slope({ probability, power, loss }, gamma), absent),
      )
    }
    return { value, gradFunc }
  })
  return differentiable(logits) as tf.Scalar
}

interface Hardness {
  /** `sigmoid(s)`: the probability given to the wrong answer. */
  probability: tf.Tensor
  /** `probability ^ gamma`. */
  power: tf.Tensor
  /** `power * softplus(s)`; `softplus(s)` is `-ln(1 - probability)`, but does not overflow. */
  loss: tf.Tensor
}

function hardness(s: tf.Tensor, gamma: number): Hardness {
  const probability = tf.sigmoid(s)
  const power = gamma === 2 ? tf.square(probability) : tf.pow(probability, gamma)
  return { probability, power, loss: tf.mul(power, tf.softplus(s)) }
}

/**
 * `df/ds = gamma loss (1 - probability) + power probability`, with the products gathered to save a
 * pass.
 */
function slope({ probability, power, loss }: Hardness, gamma: number): tf.Tensor {
  const scaled = tf.mul(gamma, loss)
  return tf.add(scaled, tf.mul(probability, tf.sub(power, scaled)))
}

/** True at the class of each labelled row: `[..., k]` bool. */
function targetMask(labels: tf.Tensor, classCount: number): tf.Tensor {
  const classes = tf.range(0, classCount, 1, 'int32') // [k]
  return tf.equal(tf.expandDims(labels, -1), classes)
}
