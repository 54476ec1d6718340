import { lower } from '../lowering.js'
import { FULL_PRECISION, OWN_DOMAIN } from '../precision_rules.js'

/**
 * A kernel of our own, called by `ops/full_precision.ts`: a mark for mixed precision, and nothing
 * in other graphs.
 */
lower('FullPrecision', (lowering, { inputs: { x } }) => {
  if (lowering.precision !== 'fp16') return x
  const value = lowering.node(FULL_PRECISION, [x.value], x.value, {}, OWN_DOMAIN)
  return lowering.ordered(value, x.shape, x.order)
})
