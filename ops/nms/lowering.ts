import type { Value } from '../../engine/trace/graph.js'
import { type Lowering, lower } from '../../engine/trace/lowering.js'

/**
 * A kernel of our own, called by `ops/nms/nms.ts`: boxes `[n, b, 4]` or `[n, c, b, 4]` and scores
 * `[n, c, b]` to the best `maxOutput` (class, box) pairs of each image, `[n, maxOutput, 2]`, -1
 * where there are fewer.
 *
 * ONNX's NonMaxSuppression returns as many rows as it keeps; they are filled up to a fixed count
 * with rows that point at a score of -1 and so come last.
 */
lower('MulticlassNonMaxSuppression', (lowering, { inputs, attributes }) => {
  const boxes = lowering.read(inputs.boxes)
  const scores = lowering.read(inputs.scores)
  const count = Number(attributes.maxOutput)
  const images = Array.from({ length: boxes.shape[0] }, (_, image) =>
    suppress(lowering, oneImage(lowering, boxes, image), oneImage(lowering, scores, image), {
      count,
      perClass: Number(attributes.maxOutputPerClass),
      iouThreshold: Number(attributes.iouThreshold),
      scoreThreshold: Number(attributes.scoreThreshold),
    }),
  )
  const output = { dtype: 'int32', shape: [images.length, count, 2] } as const
  return lowering.plain(
    images.length === 1 ? images[0] : lowering.node('Concat', images, output, { axis: 0 }),
  )
})

interface Limits {
  count: number
  perClass: number
  iouThreshold: number
  scoreThreshold: number
}

function oneImage(lowering: Lowering, value: Value, image: number): Value {
  if (value.shape[0] === 1) return value
  const list = (index: number) => lowering.graph.int64s([index])
  const output = { dtype: value.dtype, shape: [1, ...value.shape.slice(1)] }
  return lowering.node('Slice', [value, list(image), list(image + 1), list(0)], output)
}

/**
 * The kept pairs of one image, `[1, count, 2]` int32. ONNX's classes share their boxes, so that
 * classes with boxes of their own are its batch.
 */
function suppress(lowering: Lowering, boxes: Value, scores: Value, limits: Limits): Value {
  const { graph } = lowering
  const [, classes, boxCount] = scores.shape
  const pairs = classes * boxCount
  const unknown = -1 // as many rows as boxes are kept
  const isShared = boxes.shape.length === 3
  const kept = lowering.node(
    'NonMaxSuppression',
    [
      lowering.reshape(boxes, [isShared ? 1 : classes, boxCount, 4]),
      lowering.reshape(scores, isShared ? scores.shape : [classes, 1, boxCount]),
      graph.int64s([limits.perClass]),
      graph.float(limits.iouThreshold, [1]),
      graph.float(limits.scoreThreshold, [1]),
    ],
    { dtype: 'int64', shape: [unknown, 3] },
    { center_point_box: 0 },
  ) // batch, class, box
  const rows = { dtype: 'int64', shape: [unknown] } as const
  const pair = lowering.node(
    'Add',
    [
      lowering.node(
        'Mul',
        [column(lowering, kept, isShared ? 1 : 0), graph.int64s([boxCount])],
        rows,
      ),
      column(lowering, kept, 2),
    ],
    rows,
  ) // class * boxCount + box
  const filler = graph.constant(
    'int64',
    [limits.count],
    new BigInt64Array(limits.count).fill(BigInt(pairs)),
  )
  const candidates = lowering.node('Concat', [pair, filler], rows, { axis: 0 })
  const flatScores = lowering.node(
    'Concat',
    [lowering.reshape(scores, [pairs]), graph.float(-1, [1])],
    { dtype: 'float32', shape: [pairs + 1] },
    { axis: 0 },
  )
  const best = { dtype: 'int64', shape: [limits.count] } as const
  const candidateScores = lowering.node(
    'Gather',
    [flatScores, candidates],
    { dtype: 'float32', shape: [unknown] },
    { axis: 0 },
  )
  const order = graph.nodeWithOutputs(
    'TopK',
    [candidateScores, graph.int64s([limits.count])],
    [{ dtype: 'float32', shape: [limits.count] }, best],
    { axis: 0, largest: 1, sorted: 1 },
  )[1]
  const chosen = lowering.node('Gather', [candidates, order], best, { axis: 0 })
  const label = lowering.node('Div', [chosen, graph.int64s([boxCount])], best)
  const box = lowering.node(
    'Sub',
    [chosen, lowering.node('Mul', [label, graph.int64s([boxCount])], best)],
    best,
  )
  const isFiller = lowering.node('Equal', [chosen, graph.int64s([pairs])], {
    dtype: 'bool',
    shape: [limits.count],
  })
  const columns = [label, box].map((value) =>
    lowering.reshape(
      lowering.cast(lowering.node('Where', [isFiller, graph.int64s([-1]), value], best), 'int32'),
      [1, limits.count, 1],
    ),
  )
  return lowering.node(
    'Concat',
    columns,
    { dtype: 'int32', shape: [1, limits.count, 2] },
    { axis: 2 },
  )
}

function column(lowering: Lowering, rows: Value, index: number): Value {
  const picked = lowering.node(
    'Gather',
    [rows, lowering.graph.constant('int64', [], BigInt64Array.of(BigInt(index)))],
    { dtype: 'int64', shape: [-1] },
    { axis: 1 },
  )
  return picked
}
