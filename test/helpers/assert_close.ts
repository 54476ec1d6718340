import type { ExecutionContext } from 'ava'
import * as tf from '../../tf/tf.js'

type Numbers = tf.Tensor | ArrayLike<number> | readonly Numbers[] | number

function flatten(values: Numbers): number[] {
  if (typeof values === 'number') return [values]
  if (values instanceof tf.Tensor) return Array.from(values.dataSync())
  return Array.from(values as ArrayLike<Numbers>).flatMap(flatten)
}

/**
 * Passes when every number of `actual` is within `tolerance * max(1, |expected|)` of `expected`;
 * NaN only equals NaN. Nesting is ignored, counts are not.
 */
export function assertClose(
  t: ExecutionContext,
  actual: Numbers,
  expected: Numbers,
  tolerance = 1e-5,
): void {
  const got = flatten(actual)
  const wanted = flatten(expected)
  t.is(got.length, wanted.length, 'number of values')
  let worst = -1
  let worstError = tolerance
  for (let i = 0; i < wanted.length; i++) {
    if (Object.is(got[i], wanted[i]) || got[i] === wanted[i]) continue
    const error = Math.abs(got[i] - wanted[i]) / Math.max(1, Math.abs(wanted[i]))
    if (!(error <= worstError)) {
      worst = i
      worstError = error
    }
  }
  const what = `value ${worst} is ${got[worst]}, expected ${wanted[worst]} (error ${worstError})`
  t.is(worst, -1, what)
}
