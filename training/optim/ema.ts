import * as tf from '../../tf/tf.js'

/**
 * Moves running averages towards new values: `average + (1 - decay) * (value - average)`, which
 * leaves an average that equals its value exactly as it is.
 *
 * Source: `ModelEmaV2` of timm, which averages parameters and buffers alike.
 *
 * @param averages a tensor for each name of `values` at least.
 * @param values the model's new parameters and buffers.
 * @param decay in [0, 1), such as 0.9998.
 * @returns the new averages, by the names of `values`.
 */
export function updateAverages(
  averages: Readonly<Record<string, tf.Tensor>>,
  values: Readonly<Record<string, tf.Tensor>>,
  decay: number,
): Record<string, tf.Tensor> {
  const moved = Object.entries(values).map(([name, value]) => {
    const average = averages[name]
    return [name, tf.add(average, tf.mul(tf.sub(value, average), 1 - decay))] as const
  })
  return Object.fromEntries(moved)
}
