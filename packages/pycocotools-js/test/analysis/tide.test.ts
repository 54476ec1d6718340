import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { tideErrors } from '../../source/analysis/tide.js'
import { COCOeval, CocoError } from '../../source/index.js'
import { readFixture } from '../cases.js'
import {
  anySmallSet,
  evaluated,
  rectangle,
  type SmallSet,
  smallMaskSet,
  smallSet,
} from './small_sets.js'

/**
 * A case of `fixtures/make_tide.py`. Numbers are percent, and counts include ignored detections.
 */
interface TideCase {
  name: string
  gt: unknown[][]
  dt: unknown[][]
  expected: { AP: number; counts: Record<string, number>; deltaAP: Record<string, number> }
}

function agreesWithToolbox(
  t: ExecutionContext,
  comparison: COCOeval,
  expected: TideCase['expected'],
) {
  // Not linspace's r * 0.01
  comparison.params.recThrs = Array.from({ length: 101 }, (_, r) => r / 100)
  const { AP, main, special } = tideErrors(comparison)
  const counts = Object.entries(main).map(([type, error]) => [
    type,
    error.count + ('ignored' in error ? error.ignored : 0),
  ])
  t.deepEqual(Object.fromEntries(counts), expected.counts)
  t.true(Math.abs(100 * AP - expected.AP) < 1e-10, `AP ${100 * AP} for ${expected.AP}`)
  for (const [type, { deltaAP }] of Object.entries({ ...main, ...special })) {
    const difference = 100 * deltaAP - expected.deltaAP[type] // sums of up to 505 precisions
    t.true(Math.abs(difference) < 1e-10, `${type}: ${100 * deltaAP} for ${expected.deltaAP[type]}`)
  }
}

for (const { name, expected, gt, dt } of readFixture<TideCase[]>('tide_cases.json')) {
  test(`boxes as the TIDE toolbox, tidecv 1.0.1: ${name}`, (t) =>
    agreesWithToolbox(t, smallSet({ gt, dt } as SmallSet), expected))
}

for (const { name, expected, ...set } of readFixture<TideCase[]>('tide_mask_cases.json')) {
  test(`masks as the TIDE toolbox, tidecv 1.0.1: ${name}`, (t) => {
    const segmentationOf = (shape: unknown) =>
      typeof shape === 'string' ? { size: [400, 400], counts: shape } : [shape]
    agreesWithToolbox(t, smallMaskSet(set, segmentationOf), expected)
  })
}

test('masks that are rectangles have the errors of boxes', (t) => {
  fc.assert(
    fc.property(anySmallSet, (set) => {
      const masks = smallMaskSet(set, (box) => rectangle(box as number[]))
      t.deepEqual(tideErrors(masks), tideErrors(smallSet(set)))
    }),
    { numRuns: 100 },
  )
})

test('AP is AP50 of COCOeval, with ties, crowds and classes without ground truth', (t) => {
  fc.assert(
    fc.property(anySmallSet, (set) => {
      const evaluation = evaluated(set)
      const difference = tideErrors(evaluation).AP - evaluation.stats[1]
      t.true(Math.abs(difference) < 1e-12) // a mean of means, and one in numpy's order
    }),
    { numRuns: 500 },
  )
})

test('AP is COCOeval at other thresholds, with more detections than maxDets', (t) => {
  fc.assert(
    fc.property(
      anySmallSet,
      fc.constantFrom(0.3, 0.75, 1),
      fc.integer({ min: 1, max: 3 }),
      (set, iouThr, maxDets) => {
        const evaluation = smallSet(set)
        Object.assign(evaluation.params, { iouThrs: [iouThr], maxDets: [1, maxDets, 100] })
        evaluation.evaluate()
        evaluation.accumulate()
        const { data, shape } = evaluation.eval!.precision // [1, R, K, A, M]
        const [, R, K, A, M] = shape
        const defined = Array.from({ length: R * K }, (_, i) => data[i * A * M + 1]).filter(
          (p) => p > -1,
        )
        const mean =
          defined.length > 0 ? defined.reduce((sum, p) => sum + p, 0) / defined.length : -1
        t.true(Math.abs(tideErrors(evaluation, { iouThr, maxDets }).AP - mean) < 1e-12)
      },
    ),
    { numRuns: 500 },
  )
})

test('every false positive has one type, mending never hurts, and perfection is not surpassed', (t) => {
  fc.assert(
    fc.property(anySmallSet, (set) => {
      const { AP, main, special } = tideErrors(smallSet(set))
      const { Miss, ...ofDetections } = main
      const counts = Object.values(ofDetections).map(({ count }) => count)
      t.is(
        counts.reduce((sum, count) => sum + count, 0),
        special.FalsePos.count,
      )
      t.true(Miss.count <= special.FalseNeg.count)
      for (const { deltaAP } of Object.values({ ...main, ...special }))
        t.true(deltaAP === -1 || (deltaAP >= 0 && AP + deltaAP <= 1))
    }),
    { numRuns: 500 },
  )
})

/** Places far apart. */
const LEFT = [0, 0, 100, 100]
const RIGHT = [500, 0, 100, 100]
const NOWHERE = [900, 900, 50, 50]
/** IoU 0.4 with LEFT. */
const LEFT_LOW = [0, 0, 100, 40]

interface WorkedExample extends SmallSet {
  AP: number
  counts: Partial<Record<string, number>>
  deltaAP: Partial<Record<string, number>>
}

/** Counts and gains that are not given are 0. */
const worked: Record<string, WorkedExample> = {
  'Cls: the right box under another name would bring its class from 0 to 1': {
    gt: [
      [1, 1, LEFT],
      [1, 2, RIGHT],
    ],
    dt: [
      [1, 2, RIGHT, 0.9],
      [1, 2, LEFT, 0.8],
    ],
    AP: 1 / 2,
    counts: { Cls: 1, FalsePos: 1, FalseNeg: 1 },
    deltaAP: { Cls: 1 / 2, FalseNeg: 1 / 2 }, // FalseNeg leaves class 1 with nothing, so out
  },
  'Loc: a box of IoU 0.4 would be the true positive': {
    gt: [[1, 1, LEFT]],
    dt: [[1, 1, LEFT_LOW, 0.9]],
    AP: 0,
    counts: { Loc: 1, FalsePos: 1, FalseNeg: 1 },
    // FalsePos leaves AP 0; FalseNeg leaves no ground truth but a detection, so 0
    deltaAP: { Loc: 1 },
  },
  'Both: a box of IoU 0.4 under another name is in the way of its class': {
    gt: [
      [1, 1, LEFT],
      [1, 2, RIGHT],
    ],
    dt: [
      [1, 2, LEFT_LOW, 0.9],
      [1, 2, RIGHT, 0.5],
    ],
    AP: 1 / 4, // class 1 has 0, class 2 finds all at precision 1/2
    counts: { Both: 1, Miss: 1, FalsePos: 1, FalseNeg: 1 },
    deltaAP: { Both: 1 / 4, Miss: 1 / 4, FalsePos: 1 / 4, FalseNeg: 1 / 4 },
  },
  'Dupe: the second box on an object halves nothing but the rest of the curve': {
    gt: [
      [1, 1, LEFT],
      [1, 1, RIGHT],
    ],
    dt: [
      [1, 1, LEFT, 0.9],
      [1, 1, LEFT, 0.8],
      [1, 1, RIGHT, 0.7],
    ],
    AP: (51 + (50 * 2) / 3) / 101, // precision 1 at recalls 0 ... 0.5, then 2/3
    counts: { Dupe: 1, FalsePos: 1 },
    deltaAP: { Dupe: 50 / 3 / 101, FalsePos: 50 / 3 / 101 },
  },
  'Bkg: so does a box where nothing is': {
    gt: [
      [1, 1, LEFT],
      [1, 1, RIGHT],
    ],
    dt: [
      [1, 1, LEFT, 0.9],
      [1, 1, NOWHERE, 0.8],
      [1, 1, RIGHT, 0.7],
    ],
    AP: (51 + (50 * 2) / 3) / 101,
    counts: { Bkg: 1, FalsePos: 1 },
    deltaAP: { Bkg: 50 / 3 / 101, FalsePos: 50 / 3 / 101 },
  },
  'Miss: one of two found is recall 0.5': {
    gt: [
      [1, 1, LEFT],
      [1, 1, RIGHT],
    ],
    dt: [[1, 1, LEFT, 0.9]],
    AP: 51 / 101,
    counts: { Miss: 1, FalseNeg: 1 },
    deltaAP: { Miss: 50 / 101, FalseNeg: 50 / 101 },
  },
  'of two Loc on one object the surer is mended, the other removed': {
    gt: [
      [1, 1, LEFT],
      [1, 1, RIGHT],
    ],
    dt: [
      [1, 1, LEFT_LOW, 0.9],
      [1, 1, LEFT_LOW, 0.8],
      [1, 1, RIGHT, 0.7],
    ],
    AP: 51 / 3 / 101, // found third: precision 1/3 up to recall 0.5
    counts: { Loc: 2, FalsePos: 2, FalseNeg: 1 },
    deltaAP: {
      Loc: 1 - 51 / 3 / 101,
      FalsePos: 51 / 101 - 51 / 3 / 101,
      FalseNeg: 1 / 3 - 51 / 3 / 101,
    },
  },
  'a Loc whose object is found is removed, which costs nothing where it comes last': {
    gt: [[1, 1, LEFT]],
    dt: [
      [1, 1, LEFT, 0.9],
      [1, 1, LEFT_LOW, 0.8],
    ],
    AP: 1,
    counts: { Loc: 1, FalsePos: 1 },
    deltaAP: {},
  },
  'a detection in a crowd costs nothing, but could mend an object of another class': {
    gt: [
      [1, 1, RIGHT],
      [1, 1, [0, 0, 200, 200], 1],
      [1, 2, LEFT],
    ],
    dt: [
      [1, 1, LEFT, 0.9], // ignored in the crowd
      [1, 1, RIGHT, 0.8],
    ],
    AP: 1 / 2,
    counts: { FalseNeg: 1 },
    deltaAP: { Cls: 1 / 2, FalseNeg: 1 / 2 },
  },
}

for (const [name, example] of Object.entries(worked)) {
  test(`worked by hand: ${name}`, (t) => {
    const { AP, main, special } = tideErrors(smallSet(example))
    t.true(Math.abs(AP - example.AP) < 1e-12)
    for (const [type, { count, deltaAP }] of Object.entries({ ...main, ...special })) {
      t.is(count, example.counts[type] ?? 0, type)
      t.true(Math.abs(deltaAP - (example.deltaAP[type] ?? 0)) < 1e-12, `${type}: ${deltaAP}`)
    }
  })
}

test('a detector that finds nothing misses all, and mending that leaves nothing to measure', (t) => {
  const { AP, main, special } = tideErrors(smallSet({ gt: [[1, 1, LEFT]], dt: [] }))
  t.is(AP, 0)
  t.deepEqual(main.Miss, { count: 1, deltaAP: -1 })
  t.deepEqual(special.FalseNeg, { count: 1, deltaAP: -1 })
  t.deepEqual(main.Bkg, { count: 0, ignored: 0, deltaAP: 0 })
})

test('without ground truth AP and gains are -1, and detections are still told apart', (t) => {
  const { AP, main } = tideErrors(smallSet({ gt: [[1, 1, LEFT, 1]], dt: [[1, 1, NOWHERE, 0.5]] }))
  t.is(AP, -1)
  t.deepEqual(main.Bkg, { count: 1, ignored: 0, deltaAP: -1 })
})

test('only images and classes of params count', (t) => {
  const comparison = smallSet({
    gt: [
      [1, 1, LEFT],
      [2, 1, LEFT],
      [1, 2, RIGHT],
    ],
    dt: [
      [1, 1, LEFT, 0.9],
      [1, 2, NOWHERE, 0.8],
      [2, 1, NOWHERE, 0.7],
    ],
  })
  comparison.params.imgIds = [1]
  comparison.params.catIds = [1]
  const { AP, special } = tideErrors(comparison)
  t.true(Math.abs(AP - 1) < 1e-12)
  t.is(special.FalsePos.count, 0)
  t.is(special.FalseNeg.count, 0)
})

test('the result is plain data', (t) => {
  const errors = tideErrors(smallSet({ gt: [[1, 1, LEFT]], dt: [[1, 1, LEFT_LOW, 0.9]] }))
  t.deepEqual(JSON.parse(JSON.stringify(errors)), errors)
})

test('thresholds that cannot be, and classes that are not told apart, are named', (t) => {
  const comparison = smallSet({ gt: [[1, 1, LEFT]], dt: [] })
  const rejects = (options: Parameters<typeof tideErrors>[1], message: string) =>
    t.throws(() => tideErrors(comparison, options), { instanceOf: CocoError, message })
  rejects({ iouThr: 0 }, 'tideErrors: iouThr is 0; give a number above 0 and at most 1')
  rejects(
    { iouThr: 0.5, backgroundThr: 0.6 },
    'tideErrors: backgroundThr 0.6 is above iouThr 0.5; give a lower one',
  )
  rejects({ maxDets: 0 }, 'tideErrors: maxDets is 0; give a number of at least 1')
  comparison.params.useCats = 0
  rejects(
    {},
    'tideErrors: params.useCats is 0, so that classes are not told apart; set params.useCats to 1 and params.catIds to the classes',
  )
})

test('keypoints are refused', (t) => {
  const { cocoGt, cocoDt } = smallSet({ gt: [[1, 1, LEFT]], dt: [] })
  t.throws(() => tideErrors(new COCOeval(cocoGt, cocoDt, 'keypoints')), {
    instanceOf: CocoError,
    message:
      "tideErrors: params.iouType is 'keypoints', where overlaps of different objects mean little; compare them as 'bbox' or 'segm'",
  })
})
