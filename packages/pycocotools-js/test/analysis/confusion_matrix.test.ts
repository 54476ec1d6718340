import test from 'ava'
import fc from 'fast-check'
import { confusionMatrix } from '../../source/analysis/confusion_matrix.js'
import { CocoError } from '../../source/index.js'
import { anySmallSet, rectangle, smallMaskSet, smallSet } from './small_sets.js'

const LEFT = [0, 0, 100, 100]
const RIGHT = [500, 0, 100, 100]
const NOWHERE = [900, 900, 50, 50]

test('a row is what was there, a column what was said, the last of each is background', (t) => {
  const matrix = confusionMatrix(
    smallSet({
      gt: [
        [1, 1, LEFT],
        [1, 2, RIGHT],
        [2, 2, LEFT],
      ],
      dt: [
        [1, 1, LEFT, 0.9], // right
        [1, 1, RIGHT, 0.8], // 2 taken for 1
        [1, 2, NOWHERE, 0.7],
        [2, 2, LEFT, 0.29], // too unsure
      ],
    }),
  )
  t.deepEqual(matrix, {
    iouThr: 0.5,
    scoreThr: 0.3,
    ids: [1, 2],
    names: ['c1', 'c2', 'background'],
    counts: [
      [1, 0, 0],
      [1, 0, 1],
      [0, 1, 0],
    ],
    normalized: [
      [1, 0, 0],
      [0.5, 0, 0.5],
      [0, 1, 0],
    ],
    ignored: 0,
  })
  t.deepEqual(JSON.parse(JSON.stringify(matrix)), matrix)
})

test('the surest detection has the object, also from one of its own class', (t) => {
  const { counts } = confusionMatrix(
    smallSet({
      gt: [[1, 1, LEFT]],
      dt: [
        [1, 1, LEFT, 0.6],
        [1, 2, LEFT, 0.9],
      ],
    }),
  )
  t.deepEqual(counts, [
    [0, 1, 0],
    [0, 0, 0],
    [1, 0, 0],
  ])
})

test('a detection takes the free object it overlaps most, whatever the classes', (t) => {
  const { counts } = confusionMatrix(
    smallSet({
      gt: [
        [1, 1, [0, 0, 100, 60]], // IoU 0.6 with LEFT
        [1, 2, [0, 0, 100, 80]], // 0.8
      ],
      dt: [
        [1, 1, LEFT, 0.9],
        [1, 1, LEFT, 0.8],
        [1, 1, LEFT, 0.7],
      ],
    }),
  )
  t.deepEqual(counts, [
    [1, 0, 0],
    [1, 0, 0],
    [1, 0, 0],
  ])
})

test('an IoU equal to iouThr is enough, a score equal to scoreThr too', (t) => {
  const set = smallSet({ gt: [[1, 1, LEFT]], dt: [[1, 1, [0, 0, 100, 50], 0.25]] })
  const found = [
    [1, 0],
    [0, 0],
  ]
  t.deepEqual(confusionMatrix(set, { iouThr: 0.5, scoreThr: 0.25 }).counts, found)
  t.notDeepEqual(confusionMatrix(set, { iouThr: 0.51, scoreThr: 0.25 }).counts, found)
  t.notDeepEqual(confusionMatrix(set, { iouThr: 0.5, scoreThr: 0.26 }).counts, found)
})

test('a detection in a crowd of any class is ignored, unless an object is free', (t) => {
  const matrix = confusionMatrix(
    smallSet({
      gt: [
        [1, 1, [0, 0, 300, 300], 1],
        [1, 2, LEFT],
      ],
      dt: [
        [1, 2, LEFT, 0.9],
        [1, 2, LEFT, 0.8],
        [1, 2, [150, 150, 50, 50], 0.7],
      ],
    }),
  )
  t.is(matrix.ignored, 2)
  t.deepEqual(matrix.counts, [
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ])
})

test('rows add up to the ground truths, columns to the detections, and a row has shares of 1', (t) => {
  fc.assert(
    fc.property(anySmallSet, fc.constantFrom(0, 0.5), (set, scoreThr) => {
      const { ids, counts, normalized, ignored } = confusionMatrix(smallSet(set), { scoreThr })
      const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
      const surer = set.dt.filter(([, , , score]) => score >= scoreThr)
      for (const [k, id] of ids.entries()) {
        t.is(
          sum(counts[k]),
          set.gt.filter(([, category, , crowd]) => category === id && !crowd).length,
        )
        t.true(
          sum(counts.map((row) => row[k])) <=
            surer.filter(([, category]) => category === id).length,
        )
      }
      const ofDetections = sum(counts.map((row) => sum(row.slice(0, -1))))
      t.is(ofDetections + ignored, surer.length)
      t.is(counts[ids.length][ids.length], 0)
      for (const [k, row] of normalized.entries())
        t.true(Math.abs(sum(row) - (sum(counts[k]) > 0 ? 1 : 0)) < 1e-12)
    }),
    { numRuns: 500 },
  )
})

test('true and false positives are those of COCOeval with useCats = 0', (t) => {
  fc.assert(
    fc.property(anySmallSet, fc.constantFrom(0.3, 0.5, 0.75), (set, iouThr) => {
      // Of equal scores, and of ground truths of equal IoU, the order decides: category by category
      // there, that of the file here. So each score is its own, and the file is in that order too.
      const gt = set.gt.toSorted((a, b) => a[1] - b[1])
      const dt = set.dt.map(
        (row, i) => [...row.slice(0, 3), row[3] + i / 1000] as (typeof set.dt)[0],
      )
      const { counts, ignored } = confusionMatrix(smallSet({ gt, dt }), { iouThr, scoreThr: 0 })

      const evaluation = smallSet({ gt, dt })
      const limit = { iouThrs: [iouThr], areaRng: [[0, 1e10]], maxDets: [1000], useCats: 0 }
      Object.assign(evaluation.params, limit)
      evaluation.evaluate()
      let isTrue = 0
      let isFalse = 0
      for (const image of evaluation.evalImgs)
        for (const [d, match] of image?.dtMatches.entries() ?? [])
          if (!image?.dtIgnore[d]) match ? isTrue++ : isFalse++
      const ofNothing = counts[counts.length - 1].reduce((sum, count) => sum + count, 0)
      t.is(ofNothing, isFalse)
      t.is(dt.length - ofNothing - ignored, isTrue)
    }),
    { numRuns: 500 },
  )
})

test('masks that are rectangles have the matrix of boxes, and overlap as masks do', (t) => {
  fc.assert(
    fc.property(anySmallSet, (set) => {
      const masks = smallMaskSet(set, (box) => rectangle(box as number[]))
      t.deepEqual(confusionMatrix(masks), confusionMatrix(smallSet(set)))
    }),
    { numRuns: 100 },
  )
  const halves = smallMaskSet(
    { gt: [[1, 1, [0, 0, 100, 0, 0, 100]]], dt: [[1, 1, [100, 0, 100, 100, 0, 100], 0.9]] },
    (polygon) => [polygon],
  ) // two halves of one square
  t.deepEqual(confusionMatrix(halves).counts, [
    [0, 1],
    [1, 0],
  ])
})

test('thresholds that cannot be, and classes that are not told apart, are named', (t) => {
  const set = smallSet({ gt: [[1, 1, LEFT]], dt: [] })
  t.throws(() => confusionMatrix(set, { iouThr: 1.5 }), {
    instanceOf: CocoError,
    message: 'confusionMatrix: iouThr is 1.5; give a number above 0 and at most 1',
  })
  t.throws(() => confusionMatrix(set, { scoreThr: Number.NaN }), {
    instanceOf: CocoError,
    message: 'confusionMatrix: scoreThr is NaN; give a number',
  })
  set.params.useCats = false
  t.throws(() => confusionMatrix(set), {
    instanceOf: CocoError,
    message:
      'confusionMatrix: params.useCats is 0, so that classes are not told apart; set params.useCats to 1 and params.catIds to the classes',
  })
})
