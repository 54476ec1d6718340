import test from 'ava'
import { floats, type HostTensor } from '../../host_tensor.js'
import { type ProposalOptions, selectProposals } from '../../ops/proposals.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const options: ProposalOptions = { nmsPre: 10, iouThr: 0.7, maxPerImage: 4 }
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

interface Anchor {
  box: number[]
  logit: number
  deltas?: number[]
  valid?: boolean
}

/** Anchors of one image, a list for each level. */
function propose(levels: Anchor[][], changes: Partial<ProposalOptions> = {}, size = [100, 200]) {
  const { boxesXyxy, scores } = selectProposals(
    levels.map((anchors) => ({
      logits: tf.tensor2d([anchors.map(({ logit }) => logit)]),
      deltas: tf.tensor3d([anchors.map(({ deltas }) => deltas ?? [0, 0, 0, 0])]),
      anchorsXyxy: tf.tensor2d(anchors.map(({ box }) => box)),
      valid: tf.tensor2d([anchors.map(({ valid }) => valid ?? true)], undefined, 'bool'),
    })),
    tf.tensor2d([size]),
    { ...options, ...changes },
  )
  return { boxes: boxesXyxy.arraySync()[0], scores: Array.from(scores.dataSync()) }
}

const none = [0, 0, 0, 0]
const first = [0, 0, 10, 10]
const second = [1, 0, 11, 10] // IoU 9 / 11 with the first
const far = [50, 50, 60, 60]

test('proposals are thinned out, ordered by score and padded with zeros', (t) => {
  const found = propose([
    [
      { box: first, logit: 1 },
      { box: second, logit: 2 },
      { box: far, logit: -3 },
    ],
  ])
  t.deepEqual(found.boxes, [second, far, none, none])
  assertClose(t, found.scores, [sigmoid(2), sigmoid(-3), 0, 0])
})

test('levels do not suppress each other', (t) => {
  const found = propose([[{ box: first, logit: 1 }], [{ box: second, logit: 2 }]])
  t.deepEqual(found.boxes, [second, first, none, none])
})

test('of a level only the best nmsPre anchors are decoded, of all levels maxPerImage kept', (t) => {
  const row = (y: number, logits: number[]) =>
    logits.map((logit, i) => ({ box: [20 * i, y, 20 * i + 10, y + 10], logit }))
  const levels = [row(0, [1, 4, 3, 2]), row(20, [0, -1]), row(40, [5, -2, 6])]
  const found = propose(levels, { nmsPre: 2 })
  assertClose(t, found.scores, [6, 5, 4, 3].map(sigmoid))
  t.deepEqual(
    found.boxes.map(([x, y]) => [x, y]),
    [
      [40, 40],
      [0, 40],
      [20, 0],
      [40, 0],
    ],
  )
  const all = propose(levels, { nmsPre: 2, maxPerImage: 7 })
  assertClose(t, all.scores, [...[6, 5, 4, 3, 0, -1].map(sigmoid), 0])
})

test('boxes are decoded from their own anchors and clipped to the image', (t) => {
  const found = propose(
    [
      [
        { box: [0, 0, 10, 20], logit: 0, deltas: [1, 0.5, Math.log(2), 0] },
        { box: [80, 20, 120, 60], logit: 3, deltas: [0, 0, 0, 0] },
      ],
    ],
    {},
    [25, 100],
  )
  assertClose(t, found.boxes, [[80, 20, 100, 25], [5, 10, 25, 25], none, none])
})

test('a box that clipping empties stays, since no size is too small, and suppresses nothing', (t) => {
  const found = propose([
    [
      { box: [210, 5, 230, 25], logit: 9 }, // right of the image
      { box: [210, 5, 240, 25], logit: 8 },
      { box: far, logit: 1 },
    ],
  ])
  t.deepEqual(found.boxes, [[200, 5, 200, 25], [200, 5, 200, 25], far, none])
  assertClose(t, found.scores, [sigmoid(9), sigmoid(8), sigmoid(1), 0])
})

test('an anchor that is not valid is not proposed, nor takes the place of one that is', (t) => {
  const anchors = [
    { box: first, logit: 9, valid: false },
    { box: far, logit: -1 },
    { box: [80, 0, 90, 10], logit: 8, valid: false },
    { box: [20, 0, 30, 10], logit: -2 },
  ]
  for (const nmsPre of [1, 2, 4]) {
    const { boxes, scores } = propose([anchors], { nmsPre })
    t.deepEqual(boxes, [far, nmsPre > 1 ? [20, 0, 30, 10] : none, none, none])
    t.deepEqual(
      scores.map((score) => score > 0),
      [true, nmsPre > 1, false, false],
    )
  }
})

test('no score is too low: the order of logits stays, and only padding has a score of 0', (t) => {
  const boxes = [0, 20, 40, 60].map((x) => [x, 0, x + 10, 10])
  const logits = [-30, -25, -200, -40]
  const found = propose([boxes.map((box, i) => ({ box, logit: logits[i] }))], { maxPerImage: 5 })
  t.deepEqual(found.boxes, [boxes[1], boxes[0], boxes[3], boxes[2], none])
  for (const [i, logit] of [-25, -30, -40].entries()) {
    assertClose(t, found.scores[i] / sigmoid(logit), 1)
  }
  t.true(found.scores[3] > 0)
  t.is(found.scores[4], 0)
})

test('traced, the lowest scores keep their order too', async (t) => {
  const select = ({ logits, anchors }: Record<'logits' | 'anchors', tf.Tensor>) => {
    const { boxesXyxy, scores } = selectProposals(
      [
        {
          logits: logits as tf.Tensor2D,
          deltas: tf.zeros([1, 4, 4]),
          anchorsXyxy: anchors as tf.Tensor2D,
          valid: tf.lessEqual(logits, 0),
        },
      ],
      tf.tensor2d([[100, 100]]),
      { ...options, maxPerImage: 5 },
    )
    return { boxesXyxy, isProposal: tf.greater(scores, 0) }
  }
  const anchors = [0, 20, 40, 60].flatMap((x) => [x, 0, x + 10, 10])
  await tracedEqualsEager(t, select, {
    logits: floats([-30, -25, -200, -40], [1, 4]),
    anchors: floats(anchors, [4, 4]),
  })
})

test('without a valid anchor there is no proposal', (t) => {
  const found = propose([[{ box: first, logit: 1, valid: false }]])
  t.deepEqual(found, { boxes: Array(4).fill(none), scores: [0, 0, 0, 0] })
})

/** Two images, three levels of anchors on grids, everything drawn. */
function drawnLevels(): Record<'logits' | 'deltas' | 'valid' | 'anchors', HostTensor>[] {
  const random = new Random(5, 'proposals')
  const numbers = (count: number, draw: () => number) => Array.from({ length: count }, draw)
  return [40, 12, 3].map((count, level) => {
    const side = 16 * 2 ** level
    const anchors = numbers(count, () => random.uniform() * 50).flatMap((x, i) => [
      x,
      i % 7,
      x + side,
      (i % 7) + side,
    ])
    return {
      logits: floats(
        numbers(2 * count, () => 4 * random.normal() - 8),
        [2, count],
      ),
      deltas: floats(
        numbers(8 * count, () => 0.1 * random.normal()),
        [2, count, 4],
      ),
      valid: floats(
        numbers(2 * count, () => random.integer(5)),
        [2, count],
      ),
      anchors: floats(anchors, [count, 4]),
    }
  })
}

test('traced, proposals are as eager, and what uses them has gradients past them', async (t) => {
  type Level = Record<'logits' | 'deltas' | 'valid' | 'anchors', tf.Tensor>
  const run = ({ levels, sizes }: { levels: Level[]; sizes: tf.Tensor }) => {
    const proposals = (logits: tf.Tensor[]) =>
      selectProposals(
        levels.map(({ deltas, valid, anchors }, i) => ({
          logits: logits[i] as tf.Tensor2D,
          deltas: tf.mul(deltas, tf.mean(logits[i])) as tf.Tensor3D,
          anchorsXyxy: anchors as tf.Tensor2D,
          valid: tf.greater(valid, 0) as tf.Tensor2D,
        })),
        sizes as tf.Tensor2D,
        { nmsPre: 20, iouThr: 0.5, maxPerImage: 30 },
      )
    const logits = levels.map((level) => level.logits)
    const used = (...logits: tf.Tensor[]) => {
      const { boxesXyxy } = proposals(logits)
      return tf.mul(tf.sum(tf.concat(logits, 1)), tf.mean(boxesXyxy)) as tf.Scalar
    }
    return { ...proposals(logits), gradients: tf.grads(used)(logits) }
  }
  await tracedEqualsEager(t, run, {
    levels: drawnLevels(),
    sizes: floats([40, 60, 30, 45], [2, 2]),
  })
})

test('gradients are those of constants', (t) => {
  const anchors = tf.tensor2d([first, far])
  const loss = (logits: tf.Tensor, deltas: tf.Tensor) => {
    const level = {
      logits: logits as tf.Tensor2D,
      deltas: deltas as tf.Tensor3D,
      anchorsXyxy: anchors,
      valid: tf.onesLike(logits).cast('bool') as tf.Tensor2D,
    }
    const { boxesXyxy, scores } = selectProposals([level], tf.tensor2d([[100, 100]]), options)
    const used = tf.mul(tf.sum(boxesXyxy), tf.sum(deltas)) // boxes sum up to 240
    return tf.add(used, tf.mul(tf.sum(scores), tf.sum(logits))) as tf.Scalar
  }
  const [byLogits, byDeltas] = tf.grads(loss)([tf.tensor2d([[0, 0]]), tf.zeros([1, 2, 4])])
  assertClose(t, byLogits, [1, 1]) // two scores of 0.5
  assertClose(t, byDeltas, Array(8).fill(240))
})
