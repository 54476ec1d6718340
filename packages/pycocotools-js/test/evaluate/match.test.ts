import test from 'ava'
import fc from 'fast-check'
import { type Matches, type MatchOptions, matchDetections } from '../../source/evaluate/match.js'

/** `COCOeval.evaluateImg` of pycocotools 2.0.11, line by line. */
function plain({ range, ious, columns, area, iouThrs }: MatchOptions): Matches {
  const { firstGt, g, firstDt, d } = range
  const ignored = [...area.gtIgnored.subarray(firstGt, firstGt + g)]
  const order = [...ignored.keys()].toSorted((a, b) => ignored[a] - ignored[b])
  const dtMatches = new Float64Array(iouThrs.length * d)
  const gtMatches = new Float64Array(iouThrs.length * g)
  const dtIgnored = new Uint8Array(iouThrs.length * d)
  for (const [t, threshold] of iouThrs.entries()) {
    for (let i = 0; i < d; i++) {
      let iou = Math.min(threshold, 1 - 1e-10)
      let m = -1
      for (const [place, j] of order.entries()) {
        if (gtMatches[t * g + place] > 0 && !columns.gtCrowd[firstGt + j]) continue
        if (m > -1 && ignored[order[m]] === 0 && ignored[j] === 1) break
        if (ious[i * g + j] < iou) continue
        iou = ious[i * g + j]
        m = place
      }
      if (m === -1) continue
      dtIgnored[t * d + i] = ignored[order[m]]
      dtMatches[t * d + i] = columns.gtIds[firstGt + order[m]]
      gtMatches[t * g + m] = columns.dtIds[firstDt + i]
    }
    for (let i = 0; i < d; i++)
      if (dtMatches[t * d + i] === 0 && area.dtOutside[firstDt + i]) dtIgnored[t * d + i] = 1
  }
  return { gtOrder: Int32Array.from(order), dtMatches, gtMatches, dtIgnored }
}

/** Into arrays that are longer, and hold the matches of another cell. */
function fast(options: MatchOptions): Matches {
  const { range, iouThrs } = options
  const matches: Matches = {
    gtOrder: new Int32Array(range.g + 3).fill(7),
    dtMatches: new Float64Array(iouThrs.length * range.d + 3).fill(7),
    gtMatches: new Float64Array(iouThrs.length * range.g + 3).fill(7),
    dtIgnored: new Uint8Array(iouThrs.length * range.d + 3).fill(1),
  }
  matchDetections(options, matches)
  return {
    gtOrder: matches.gtOrder.slice(0, range.g),
    dtMatches: matches.dtMatches.slice(0, iouThrs.length * range.d),
    gtMatches: matches.gtMatches.slice(0, iouThrs.length * range.g),
    dtIgnored: matches.dtIgnored.slice(0, iouThrs.length * range.d),
  }
}

const LENGTH = 8
const anyFlags = fc.uint8Array({ min: 0, max: 1, minLength: LENGTH, maxLength: LENGTH })
const anyIds = fc.float64Array({
  minLength: LENGTH,
  maxLength: LENGTH,
  noNaN: true,
  min: -2,
  max: 9,
})
const anyWholeIds = anyIds.map((ids) => ids.map(Math.round))
const anyIou = fc.constantFrom(0, 0.25, 0.5, 0.5000000000000001, 0.75, 1, -1, Number.NaN)

test('matches are those of pycocotools, whatever the IoUs, ids, crowds and thresholds', (t) => {
  const anyOptions: fc.Arbitrary<MatchOptions> = fc.record({
    range: fc.record({
      firstGt: fc.nat(2),
      g: fc.nat(LENGTH - 2),
      firstDt: fc.nat(2),
      d: fc.nat(LENGTH - 2),
    }),
    ious: fc
      .array(anyIou, { minLength: LENGTH ** 2, maxLength: LENGTH ** 2 })
      .map((ious) => Float64Array.from(ious)),
    columns: fc.record({ gtIds: anyWholeIds, gtCrowd: anyFlags, dtIds: anyWholeIds }),
    area: fc.record({ gtIgnored: anyFlags, dtOutside: anyFlags }),
    iouThrs: fc.array(fc.constantFrom(-1, 0, 0.5, 0.6, 0.75, 1, 1.5), { maxLength: 4 }),
  })
  fc.assert(
    fc.property(anyOptions, (options) => {
      t.deepEqual(fast(options), plain(options))
    }),
    { numRuns: 3000 },
  )
})

/** Two detections, 11 and 12, and two ground truths, 1 and 2; nothing outside the area range. */
function matchTwo(ious: number[], changes: { gtIgnored?: number[]; gtCrowd?: number[] } = {}) {
  const { dtMatches } = fast({
    range: { firstGt: 0, g: 2, firstDt: 0, d: 2 },
    ious: Float64Array.from(ious),
    columns: {
      gtIds: Float64Array.of(1, 2),
      dtIds: Float64Array.of(11, 12),
      gtCrowd: Uint8Array.from(changes.gtCrowd ?? [0, 0]),
    },
    area: {
      gtIgnored: Uint8Array.from(changes.gtIgnored ?? [0, 0]),
      dtOutside: new Uint8Array(2),
    },
    iouThrs: [0.5],
  })
  return [...dtMatches]
}

test('the surer detection takes the larger IoU, the other what is left', (t) => {
  t.deepEqual(matchTwo([0.6, 0.9, 0.7, 0.8]), [2, 1])
  t.deepEqual(matchTwo([0.6, 0.9, 0.4, 0.8]), [2, 0])
})

test('on equal IoU the later ground truth wins', (t) => {
  t.deepEqual(matchTwo([0.8, 0.8, 0.8, 0.8]), [2, 1])
})

test('a ground truth that counts is preferred to an ignored one of larger IoU', (t) => {
  t.deepEqual(matchTwo([0.9, 0.6, 0.9, 0.6], { gtIgnored: [1, 0] }), [2, 1])
})

test('a crowd is matched again and again', (t) => {
  t.deepEqual(matchTwo([0.9, 0, 0.8, 0], { gtCrowd: [1, 0], gtIgnored: [1, 0] }), [1, 1])
})
