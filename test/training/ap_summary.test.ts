import test from 'ava'
import { apSummaryLines, describeAp, summarizeAp } from '../../training/ap_summary.js'

const lines = [
  { iter: 10, epoch: 1, bbox: { AP: 0.2 }, segm: { AP: 0.1 } },
  { iter: 20, epoch: 2, bbox: { AP: 0.4126 }, segm: { AP: 0.3 } },
  { iter: 30, epoch: 3, bbox: { AP: 0.4126 }, segm: { AP: 0.2 } },
]

test('of several evaluations the last counts, and the first of the best', (t) => {
  t.deepEqual(summarizeAp(lines), {
    bbox: { last: { epoch: 3, AP: 0.4126 }, best: { epoch: 2, AP: 0.4126 } },
    segm: { last: { epoch: 3, AP: 0.2 }, best: { epoch: 2, AP: 0.3 } },
  })
  t.deepEqual(apSummaryLines(summarizeAp(lines)), [
    'box AP 0.413 after epoch 3, the best 0.413 after epoch 2',
    'mask AP 0.200 after epoch 3, the best 0.300 after epoch 2',
  ])
})

test('one evaluation is described in a few words', (t) => {
  t.is(describeAp(lines[0]), 'box AP 0.200, mask AP 0.100')
  t.is(describeAp({ iter: 1, epoch: 1, bbox: { AP: 0 } }), 'box AP 0.000')
})

test('nothing to measure, and results without AP, have no summary', (t) => {
  const line = { iter: 10, epoch: 1, bbox: { AP: -1 }, other: 3 }
  t.deepEqual(summarizeAp([line]), {})
  t.is(describeAp(line), '')
  t.deepEqual(apSummaryLines({}), [])
})
