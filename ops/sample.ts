import * as tf from '../tf/tf.js'
import { BACKGROUND } from './assign.js'

export interface SampleOptions {
  /** Anchors or RoIs taken of an image; fewer if there are not as many. */
  num: number
  /** Largest share of `num` that may be positives. */
  posFraction: number
}

/** What was taken of each image, as weights: `[n, a]`, 1 or 0. */
export interface Sample {
  positives: tf.Tensor2D
  negatives: tf.Tensor2D
}

/**
 * A random choice among the positives of each image and, for the places that are left, among its
 * negatives. Of each kind those with the most noise are taken; of equal noise, those that come
 * first.
 *
 * Source: mmdetection 2.x's `RandomSampler` without a bound on negatives. `tf.topk` of
 * `2 positives + negatives` lists the rows taken: positives first, both in ascending order.
 *
 * @param matches `[n, a]` int32, as `assignByMaxIou` returns them: a row, `BACKGROUND` or
 *   `IGNORED`.
 * @param noise `[n, a]`, uniform in [0, 1]: what makes the choice random, and exact to repeat.
 * @returns weights; not differentiable.
 */
export function samplePositivesAndNegatives(
  matches: tf.Tensor2D,
  noise: tf.Tensor2D,
  { num, posFraction }: SampleOptions,
): Sample {
  const isPositive = tf.greaterEqual(matches, tf.scalar(0, 'int32')) as tf.Tensor2D
  const isNegative = tf.equal(matches, tf.scalar(BACKGROUND, 'int32')) as tf.Tensor2D
  const mostPositives = Math.floor(num * posFraction)
  const positives = takeNoisiest(isPositive, noise, tf.scalar(mostPositives), mostPositives)
  const placesLeft = tf.sub(num, tf.sum(positives, 1, true)) // [n, 1]
  return { positives, negatives: takeNoisiest(isNegative, noise, placesLeft, num) }
}

/**
 * Marks `count` candidates of each row, or all if there are fewer.
 *
 * The least noise that is taken comes from a sorted list; where several candidates share it, a
 * running count takes the first of them, so that the number is exact.
 *
 * @param candidates `[n, a]` bool.
 * @param count broadcasts against `[n, 1]`.
 * @param limit what `count` cannot exceed.
 */
function takeNoisiest(
  candidates: tf.Tensor2D,
  noise: tf.Tensor2D,
  count: tf.Tensor,
  limit: number,
): tf.Tensor2D {
  const [rowCount, width] = candidates.shape
  const depth = Math.min(limit, width)
  const key = tf.where(candidates, noise, tf.fill([1, 1], -1)) // [n, a]

  // Column `c` holds the noise of the last of `c` candidates; nobody has 2, so `c = 0` takes none.
  const { values } = tf.topk(key, depth)
  const lastNoise = tf.concat([tf.fill([rowCount, 1], 2), values], 1) // [n, depth + 1]
  const isLast = tf.equal(tf.range(0, depth + 1), tf.minimum(count, depth))
  const bound = tf.sum(tf.where(isLast, lastNoise, tf.scalar(0)), 1, true) // [n, 1]

  const above = tf.greater(key, bound)
  const tied = tf.logicalAnd(tf.equal(key, bound), candidates)
  const placesLeft = tf.sub(count, tf.sum(tf.cast(above, 'float32'), 1, true)) // [n, 1]
  const fits = tf.lessEqual(tf.cumsum(tf.cast(tied, 'float32'), 1), placesLeft)
  return tf.cast(tf.logicalOr(above, tf.logicalAnd(tied, fits)), 'float32') as tf.Tensor2D
}
