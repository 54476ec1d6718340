import test from 'ava'
import fc from 'fast-check'
import { f1Curves } from '../../source/analysis/f1_curves.js'
import { precisionRecallCurves } from '../../source/analysis/precision_recall_curves.js'
import { CocoError } from '../../source/index.js'
import { anySmallSet, evaluated, type SmallSet, smallSet } from './small_sets.js'

const LEFT = [0, 0, 100, 100]
const RIGHT = [500, 0, 100, 100]
const SMALL = [900, 0, 10, 10]
const NOWHERE = [900, 900, 50, 50]

/**
 * Class 1: true at 0.9, false and true at 0.8, ignored at 0.6; 3 to find. Class 2: false at 0.7; 1
 * to find.
 */
const set: SmallSet = {
  gt: [
    [1, 1, LEFT],
    [1, 1, RIGHT],
    [1, 1, SMALL],
    [1, 1, [1000, 0, 200, 200], 1],
    [1, 2, SMALL],
  ],
  dt: [
    [1, 1, LEFT, 0.9],
    [1, 1, NOWHERE, 0.8],
    [1, 1, RIGHT, 0.8],
    [1, 1, [1050, 50, 100, 100], 0.6],
    [1, 2, NOWHERE, 0.7],
  ],
}

test('a point for each score counts what is true and false from there up', (t) => {
  const curves = precisionRecallCurves(evaluated(set))
  t.deepEqual(curves.classes, [
    {
      id: 1,
      name: 'c1',
      positives: 3,
      points: [
        { score: 0.9, tp: 1, fp: 0, precision: 1, recall: 1 / 3, f1: 2 / 4 },
        { score: 0.8, tp: 2, fp: 1, precision: 2 / 3, recall: 2 / 3, f1: 4 / 6 },
      ],
      best: { f1: 4 / 6, score: 0.8 },
      areaUnderCurve: 1 / 3 + 2 / 9,
    },
    {
      id: 2,
      name: 'c2',
      positives: 1,
      points: [{ score: 0.7, tp: 0, fp: 1, precision: 0, recall: 0, f1: 0 }],
      best: { f1: 0, score: 0.7 },
      areaUnderCurve: 0,
    },
  ])
  t.deepEqual(curves.all, {
    positives: 4,
    points: [
      { score: 0.9, tp: 1, fp: 0, precision: 1, recall: 1 / 4, f1: 2 / 5 },
      { score: 0.8, tp: 2, fp: 1, precision: 2 / 3, recall: 2 / 4, f1: 4 / 7 },
      { score: 0.7, tp: 2, fp: 2, precision: 2 / 4, recall: 2 / 4, f1: 4 / 8 },
    ],
    best: { f1: 4 / 7, score: 0.8 },
    areaUnderCurve: 1 / 4 + 2 / 3 / 4,
  })
  t.deepEqual([curves.iouThr, curves.area, curves.maxDets], [0.5, 'all', 100])
  t.deepEqual(JSON.parse(JSON.stringify(curves)), curves)
})

test('area, maxDets and iouThr are those asked for', (t) => {
  const small = precisionRecallCurves(evaluated(set), { area: 'small' })
  t.is(small.classes[0].positives, 1)
  t.is(small.all.positives, 2)
  t.deepEqual(small.all.points, []) // NOWHERE is of medium area, so ignored

  const first = precisionRecallCurves(evaluated(set), { maxDets: 1 })
  t.deepEqual(
    first.classes[0].points.map(({ score }) => score),
    [0.9],
  )
  const loose = evaluated({ gt: set.gt, dt: [[1, 1, [0, 0, 100, 60], 0.5]] }) // IoU 0.6
  t.is(precisionRecallCurves(loose, { iouThr: 0.6 }).all.points[0].tp, 1)
  t.is(precisionRecallCurves(loose, { iouThr: 0.65 }).all.points[0].tp, 0)
})

test('a class without ground truth has false positives, but no recall', (t) => {
  const { classes, all } = precisionRecallCurves(
    evaluated({
      gt: [[1, 1, LEFT]],
      dt: [
        [1, 1, LEFT, 0.9],
        [1, 2, LEFT, 0.8],
      ],
    }),
  )
  t.deepEqual(classes[1], {
    ...{ id: 2, name: 'c2', positives: 0, best: null, areaUnderCurve: -1 },
    points: [{ score: 0.8, tp: 0, fp: 1, precision: 0, recall: -1, f1: -1 }],
  })
  t.is(all.points[1].precision, 0.5)
})

test('of equal F1 the highest score is the best on a curve, the lowest threshold on a grid', (t) => {
  const evaluation = evaluated({
    gt: [
      [1, 1, LEFT],
      [1, 1, RIGHT],
    ],
    dt: [
      [1, 1, LEFT, 0.9], // F1 2 / 3
      [1, 1, NOWHERE, 0.8], // 2 / 4
      [1, 1, NOWHERE, 0.7], // 2 / 5
      [1, 1, RIGHT, 0.6], // 4 / 6
    ],
  })
  t.deepEqual(precisionRecallCurves(evaluation).all.best, { f1: 2 / 3, score: 0.9 })
  t.deepEqual(f1Curves(evaluation, { scoreThrs: [0.5, 0.6, 0.9] }).all.best, {
    ...{ f1: 2 / 3, score: 0.5 },
  })
})

test('nothing found is a curve without points and area 0', (t) => {
  const { all } = precisionRecallCurves(evaluated({ gt: [[1, 1, LEFT]], dt: [] }))
  t.deepEqual(all, { positives: 1, points: [], best: null, areaUnderCurve: 0 })
})

test('the last point is the recall of COCOeval, and its curve made monotone the precision', (t) => {
  fc.assert(
    fc.property(anySmallSet, fc.constantFrom(0, 5), (anySet, thr) => {
      const evaluation = evaluated(anySet)
      const { params, eval: accumulated } = evaluation
      const { precision, recall, counts } = accumulated!
      const [, R, K, A, M] = counts
      const { classes } = precisionRecallCurves(evaluation, { iouThr: params.iouThrs[thr] })
      for (const [k, { points, positives }] of classes.entries()) {
        const last = points[points.length - 1]
        const expected = recall.data[((thr * K + k) * A + 0) * M + M - 1]
        t.is(positives > 0 ? (last?.recall ?? 0) : -1, expected)
        for (let r = 0; r < R; r++) {
          const reached = points.filter((point) => point.recall >= params.recThrs[r])
          const highest = Math.max(0, ...reached.map((point) => point.precision))
          const interpolated = precision.data[(((thr * R + r) * K + k) * A + 0) * M + M - 1]
          // Equal scores are one point here and several there, which can only be higher.
          const hasTies = new Set(anySet.dt.map(([, , , score]) => score)).size < anySet.dt.length
          if (positives === 0) t.is(interpolated, -1)
          else if (hasTies) t.true(interpolated >= highest - 1e-12)
          else t.true(Math.abs(interpolated - highest) < 1e-12)
        }
      }
    }),
    { numRuns: 150 },
  )
})

test('recall rises, and best is the highest F1', (t) => {
  fc.assert(
    fc.property(anySmallSet, (anySet) => {
      const { all, classes } = precisionRecallCurves(evaluated(anySet))
      for (const { points, best, positives, areaUnderCurve } of [all, ...classes]) {
        for (let i = 1; i < points.length; i++) {
          t.true(points[i].score < points[i - 1].score)
          t.true(points[i].recall >= points[i - 1].recall)
        }
        for (const { precision, recall, f1 } of points)
          if (recall > 0)
            t.true(Math.abs(f1 - (2 * precision * recall) / (precision + recall)) < 1e-12)
        const isMeasured = positives > 0 && points.length > 0
        t.is(best?.f1, isMeasured ? Math.max(...points.map(({ f1 }) => f1)) : undefined)
        t.true(
          positives > 0
            ? areaUnderCurve >= 0 && areaUnderCurve <= 1 + 1e-12
            : areaUnderCurve === -1,
        )
      }
    }),
    { numRuns: 300 },
  )
})

test('F1 at a threshold counts detections of at least that score', (t) => {
  const scoreThrs = [0, 0.7, 0.8, 0.85, 0.95]
  const { classes, all, macro, ...rest } = f1Curves(evaluated(set), { scoreThrs })
  t.deepEqual(rest, { iouThr: 0.5, area: 'all', maxDets: 100, scoreThrs })
  t.deepEqual(classes[0], {
    ...{ id: 1, name: 'c1', f1: [4 / 6, 4 / 6, 4 / 6, 2 / 4, 0] },
    best: { f1: 4 / 6, score: 0 },
  })
  t.deepEqual(classes[1].f1, [0, 0, 0, 0, 0])
  t.deepEqual(all, {
    f1: [4 / 8, 4 / 8, 4 / 7, 2 / 5, 0],
    best: { f1: 4 / 7, score: 0.8 },
  })
  t.deepEqual(macro, {
    f1: [2 / 6, 2 / 6, 2 / 6, 1 / 4, 0],
    best: { f1: 2 / 6, score: 0 },
  })
})

test('F1 curves have thousandths by default, and agree with the points', (t) => {
  fc.assert(
    fc.property(anySmallSet, (anySet) => {
      const comparison = evaluated(anySet)
      const { scoreThrs, all, classes } = f1Curves(comparison)
      const curves = precisionRecallCurves(comparison)
      t.is(scoreThrs.length, 1001)
      t.is(scoreThrs[300], 0.3)
      const pairs = [
        [all, curves.all],
        ...classes.map((curve, k) => [curve, curves.classes[k]]),
      ] as [typeof all, typeof curves.all][]
      for (const [curve, { points, positives }] of pairs)
        for (const s of [0, 100, 300, 301, 500, 900, 1000]) {
          const point = points.findLast(({ score }) => score >= scoreThrs[s])
          t.is(curve.f1[s], point?.f1 ?? (positives > 0 ? 0 : -1))
        }
    }),
    { numRuns: 100 },
  )
})

test('classes without ground truth are not in the mean', (t) => {
  const { classes, macro } = f1Curves(
    evaluated({
      gt: [[1, 1, LEFT]],
      dt: [
        [1, 1, LEFT, 0.9],
        [1, 2, LEFT, 0.8],
      ],
    }),
  )
  t.is(classes[1].best, null)
  t.deepEqual(macro.best, { f1: 1, score: 0 })
})

test('what curves cannot be drawn for is named', (t) => {
  const evaluation = smallSet(set)
  const rejects = (run: () => unknown, message: string) =>
    t.throws(run, { instanceOf: CocoError, message })
  rejects(
    () => precisionRecallCurves(evaluation),
    'precisionRecallCurves: nothing is evaluated yet; call evaluate() first',
  )
  evaluation.evaluate()
  rejects(
    () => precisionRecallCurves(evaluation, { area: 'tiny' }),
    "precisionRecallCurves: area is 'tiny', which evaluate() did not use; use one of all, small, medium, large, or evaluate with it",
  )
  rejects(
    () => f1Curves(evaluation, { maxDets: 101 }),
    'f1Curves: maxDets is 101, which evaluate() did not use; use 1 to 100, or evaluate with it',
  )
  rejects(
    () => f1Curves(evaluation, { scoreThrs: [0.5, 0.2] }),
    'f1Curves: scoreThrs is [0.5, 0.2]; give numbers in rising order',
  )
  evaluation.params.iouThrs = [0.5, 0.75]
  evaluation.evaluate()
  rejects(
    () => f1Curves(evaluation, { iouThr: 0.6 }),
    'f1Curves: iouThr is 0.6, which evaluate() did not use; use one of 0.5, 0.75, or evaluate with it',
  )
  evaluation.params.useCats = 0
  evaluation.evaluate()
  rejects(
    () => f1Curves(evaluation),
    'f1Curves: params.useCats is 0, so that classes are not told apart; set params.useCats to 1 and params.catIds to the classes',
  )
})

test('curves are of the parameters that evaluate() had, whatever became of them', (t) => {
  const evaluation = evaluated(set)
  // Which numpy's linspace misses by a bit
  const before = precisionRecallCurves(evaluation, { iouThr: 0.9 })
  Object.assign(evaluation.params, { catIds: [2], iouThrs: [0.75], areaRngLbl: ['any'] })
  t.deepEqual(precisionRecallCurves(evaluation, { iouThr: 0.9 }), before)
})
