import type { Value } from '../graph.js'
import { sameOrder } from '../layout.js'
import { type Lowering, lower, type Traced } from '../lowering.js'
import { CHANNELS_FIRST } from './conv.js'
import { elementwise } from './elementwise.js'
import { reduce } from './reduce.js'
import { reshapeTraced } from './shape.js'

/** So that a channel of equal values has an inverse deviation; taken off again. */
const EPSILON = 1e-12

/**
 * A kernel of our own, called by `nn/batch_norm.ts`: mean and biased variance of each channel over
 * all other axes.
 *
 * In mixed precision a map is float16, whose squares may not be, and turning the whole map to
 * float32 and back costs more than the statistics. ONNX's LayerNormalization of one row for each
 * channel reads float16, counts in float32 and gives mean and inverse deviation in float32; what it
 * normalises is not used.
 */
lower('ChannelMoments', (lowering, { inputs: { x } }) =>
  lowering.precision === 'fp16' && sameOrder(x.order, CHANNELS_FIRST)
    ? momentsOfRows(lowering, x)
    : composed(lowering, x),
)

/** Not `E[x^2] - mean^2`, which cancels when the mean is large. */
function composed(lowering: Lowering, x: Traced): Traced[] {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis)
  const mean = reduce(lowering, 'ReduceMean', x, axes, false)
  const gap = elementwise(lowering, 'Sub', [x, mean], 'float32')
  const square = elementwise(lowering, 'Mul', [gap, gap], 'float32')
  return [mean, reduce(lowering, 'ReduceMean', square, axes, false)]
}

/** Moments of each channel of each image first, `[n, c]`; then of the batch. */
function momentsOfRows(lowering: Lowering, x: Traced): Traced[] {
  const [n, h, w, c] = x.shape
  const rows = lowering.reshape(lowering.read(x, CHANNELS_FIRST), [n * c, h * w])
  const ones = lowering.expand(lowering.graph.float(1, [1]), [h * w])
  const row = { dtype: 'float32', shape: [n * c, 1] } as const
  const [, mean, inverse] = lowering.graph.nodeWithOutputs(
    'LayerNormalization',
    [rows, ones],
    [{ dtype: 'float32', shape: rows.shape }, row, row],
    { axis: -1, epsilon: { float: EPSILON } },
  )
  const ofImages = (value: Value) => lowering.plain(lowering.reshape(value, [n, c]))
  const pair = (op: string, ...operands: Traced[]) => elementwise(lowering, op, operands, 'float32')
  const batchMean = (traced: Traced) => reduce(lowering, 'ReduceMean', traced, [0], false)

  const precision = pair('Mul', ofImages(inverse), ofImages(inverse))
  const epsilon = lowering.filled('float32', [], EPSILON)
  const spread = pair('Sub', pair('Reciprocal', precision), epsilon)
  // Of equal values, rounding aside
  const variance = pair('Max', spread, lowering.filled('float32', [], 0))
  const means = ofImages(mean)
  if (n === 1) return [means, variance].map((x) => reshapeTraced(lowering, x, [c]))
  const ofBatch = batchMean(means)
  const gap = pair('Sub', means, ofBatch)
  return [ofBatch, batchMean(pair('Add', variance, pair('Mul', gap, gap)))]
}
