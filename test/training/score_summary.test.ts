import test from 'ava'
import { describeScores, scoreSummaryLines, summarizeScores } from '../../training/score_summary.js'

const lines = [
  { iter: 10, epoch: 1, bbox: { AP: 0.2 }, segm: { AP: 0.1 } },
  { iter: 20, epoch: 2, bbox: { AP: 0.4126 }, segm: { AP: 0.3 } },
  { iter: 30, epoch: 3, bbox: { AP: 0.4126 }, segm: { AP: 0.2 } },
]

test('of several evaluations the last counts, and the first of the best', (t) => {
  t.deepEqual(summarizeScores(lines), {
    bbox: { last: { epoch: 3, AP: 0.4126 }, best: { epoch: 2, AP: 0.4126 } },
    segm: { last: { epoch: 3, AP: 0.2 }, best: { epoch: 2, AP: 0.3 } },
  })
  t.deepEqual(scoreSummaryLines(summarizeScores(lines)), [
    'box AP 0.413 after epoch 3, the best 0.413 after epoch 2',
    'mask AP 0.200 after epoch 3, the best 0.300 after epoch 2',
  ])
})

test('a classifier has its top-1 accuracy', (t) => {
  const lines = [0.5, 0.75].map((top1, i) => ({ iter: 10 * i, epoch: i + 1, top1, top5: 1 }))
  const summary = summarizeScores(lines)
  t.deepEqual(summary, {
    top1: { last: { epoch: 2, top1: 0.75 }, best: { epoch: 2, top1: 0.75 } },
  })
  t.deepEqual(scoreSummaryLines(summary), [
    'top-1 0.750 after epoch 2, the best 0.750 after epoch 2',
  ])
  t.is(describeScores(lines[0]), 'top-1 0.500')
})

test('one evaluation is described in a few words', (t) => {
  t.is(describeScores(lines[0]), 'box AP 0.200, mask AP 0.100')
  t.is(describeScores({ iter: 1, epoch: 1, bbox: { AP: 0 } }), 'box AP 0.000')
})

test('nothing to measure, and results without AP, have no summary', (t) => {
  const line = { iter: 10, epoch: 1, bbox: { AP: -1 }, other: 3 }
  t.deepEqual(summarizeScores([line]), {})
  t.is(describeScores(line), '')
  t.deepEqual(scoreSummaryLines({}), [])
})
