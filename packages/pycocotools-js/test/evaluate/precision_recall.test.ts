import test from 'ava'
import fc from 'fast-check'
import { FALSE_POSITIVE, IGNORED, TRUE_POSITIVE } from '../../source/evaluate/evaluate_cells.js'
import {
  type PrecisionRecall,
  type PrecisionRecallOptions,
  precisionRecall,
} from '../../source/evaluate/precision_recall.js'

/** The formulas one after the other, with a point of the curve for every detection. */
function plain(options: PrecisionRecallOptions): PrecisionRecall {
  const { outcomes, thresholds: T, order, positives, recThrs } = options
  const R = recThrs.length
  const recall = new Float64Array(T)
  const precision = new Float64Array(T * R)
  const reachedBy = new Int32Array(T * R).fill(-1)
  for (let t = 0; t < T; t++) {
    let found = 0
    let wrong = 0
    const recalls: number[] = []
    const precisions: number[] = []
    for (const dt of order) {
      if (outcomes[dt * T + t] === TRUE_POSITIVE) found++
      if (outcomes[dt * T + t] === FALSE_POSITIVE) wrong++
      recalls.push(found / positives)
      precisions.push(found / (wrong + found + Number.EPSILON))
    }
    recall[t] = recalls.at(-1) ?? 0
    for (let i = order.length - 1; i > 0; i--)
      precisions[i - 1] = Math.max(precisions[i - 1], precisions[i])
    for (let r = 0; r < R; r++) {
      const i = recalls.findIndex((value) => value >= recThrs[r])
      if (i < 0) break
      precision[t * R + r] = precisions[i]
      reachedBy[t * R + r] = order[i]
    }
  }
  return { recall, precision, reachedBy }
}

function fast(options: PrecisionRecallOptions): PrecisionRecall {
  const room = options.thresholds * options.order.length
  const points = { precisions: new Float64Array(room), detections: new Int32Array(room) }
  return precisionRecall(options, points)
}

const anyRecall = fc.oneof(fc.constantFrom(-1, 0, -0, 0.5, 1, 1.5), fc.double({ noNaN: true }))

test('curves kept at true positives are those with a point for every detection', (t) => {
  const anyOptions = fc.record({
    thresholds: fc.integer({ min: 1, max: 3 }),
    order: fc.uniqueArray(fc.nat(19), { maxLength: 20 }).map((order) => Int32Array.from(order)),
    outcomes: fc.uint8Array({ min: 0, max: 2, minLength: 60, maxLength: 60 }),
    positives: fc.integer({ min: 1, max: 25 }),
    recThrs: fc.array(anyRecall, { maxLength: 8 }),
  })
  fc.assert(
    fc.property(anyOptions, (options) => {
      t.deepEqual(fast(options), plain(options))
    }),
    { numRuns: 2000 },
  )
})

/** One threshold; detections by falling score. */
function curve(outcomes: number[], positives: number, recThrs: number[]): PrecisionRecall {
  const order = Int32Array.from(outcomes.keys())
  return fast({ outcomes: Uint8Array.from(outcomes), thresholds: 1, order, positives, recThrs })
}

test('by hand: right, wrong, ignored, right of 4 ground truths', (t) => {
  const outcomes = [TRUE_POSITIVE, FALSE_POSITIVE, IGNORED, TRUE_POSITIVE]
  const { recall, precision, reachedBy } = curve(outcomes, 4, [0, 0.25, 0.26, 0.5, 0.51])
  t.deepEqual([...recall], [0.5])
  const first = 1 / (1 + 2 ** -52)
  const second = 2 / 3
  t.deepEqual([...precision], [first, first, second, second, 0])
  t.deepEqual([...reachedBy], [0, 0, 3, 3, -1])
})

test('the score of recall 0 is that of the first detection, even of a wrong one', (t) => {
  const { precision, reachedBy } = curve([FALSE_POSITIVE, TRUE_POSITIVE], 1, [0, 1])
  t.deepEqual([...precision], [0.5, 0.5])
  t.deepEqual([...reachedBy], [0, 1])
})

test('after the first recall that is not reached, all are taken as not reached', (t) => {
  const { precision, reachedBy } = curve([TRUE_POSITIVE, FALSE_POSITIVE], 2, [0.5, 0.9, 0])
  t.deepEqual([...precision], [1 / (1 + 2 ** -52), 0, 0])
  t.deepEqual([...reachedBy], [0, -1, -1])
})

test('without detections, recall and precision are 0', (t) => {
  const { recall, precision, reachedBy } = curve([], 3, [0, 1])
  t.deepEqual([...recall, ...precision, ...reachedBy], [0, 0, 0, -1, -1])
})
