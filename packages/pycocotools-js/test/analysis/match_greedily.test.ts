import test from 'ava'
import { IN_CROWD, matchGreedily, UNMATCHED } from '../../source/analysis/match_greedily.js'

/** @param ious a row for each detection. */
function match(ious: number[][], iscrowd: number[], iouThr = 0.5): number[] {
  const [d, g] = [ious.length, iscrowd.length]
  const flat = Float64Array.from(ious.flat())
  return [...matchGreedily({ d, g, ious: flat, gtCrowd: Uint8Array.from(iscrowd), iouThr })]
}

test('each detection takes the free ground truth it overlaps most', (t) => {
  const ious = [
    [0.6, 0.8, 0.4],
    [0.7, 0.9, 0.4],
    [0.9, 0.9, 0.4],
  ]
  t.deepEqual(match(ious, [0, 0, 0]), [1, 0, UNMATCHED])
})

test('on equal IoU the later ground truth wins', (t) => {
  const ious = [
    [0.7, 0.6, 0.7],
    [0.7, 0.6, 0.7],
  ]
  t.deepEqual(match(ious, [0, 0, 0]), [2, 0])
})

test('a crowd takes any number of detections, but none that has an object', (t) => {
  const ious = [
    [1, 0.6],
    [1, 0.6],
    [0.5, 0],
    [0.4, 0],
  ]
  t.deepEqual(match(ious, [1, 0]), [1, IN_CROWD, IN_CROWD, UNMATCHED])
})

test('an IoU equal to the limit matches, and a limit of 1 lets rounding through', (t) => {
  t.deepEqual(match([[0.5]], [0]), [0])
  t.deepEqual(match([[0.9999999999999999]], [0], 1), [0])
  t.deepEqual(match([[0.999999999]], [0], 1), [UNMATCHED])
})

test('only annotations of one class match where classes are given', (t) => {
  const matched = matchGreedily({
    ...{ d: 2, g: 2, ious: Float64Array.of(0.9, 0.6, 0.9, 0.6), iouThr: 0.5 },
    gtCrowd: Uint8Array.of(0, 1),
    classes: { dt: Int32Array.of(7, 8), gt: Int32Array.of(8, 7) },
  })
  t.deepEqual([...matched], [IN_CROWD, 0])
})

test('without detections or ground truths nothing matches', (t) => {
  t.deepEqual(match([], [0]), [])
  t.deepEqual(match([[], []], []), [UNMATCHED, UNMATCHED])
})
