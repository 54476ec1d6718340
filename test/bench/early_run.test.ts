import test from 'ava'
import { describeRun, firstDifference, firstJump } from '../../bench/early_run.js'

const updates = (...losses: (number | null)[]) => losses.map((loss) => ({ loss, gradNorm: loss }))

test('runs differ by the largest relative difference of their first five losses', (t) => {
  const torch = updates(2, 2, 2, 2, 2, 2)
  t.is(firstDifference(updates(2, 2, 2.5, 2, 1, 9), torch), 0.5)
  t.is(firstDifference(torch, torch), 0)
})

test('a loss that is no number on either side differs without end', (t) => {
  t.is(firstDifference(updates(2, null), updates(2, 2)), Number.POSITIVE_INFINITY)
  t.is(firstDifference(updates(2, 2), updates(2, null)), Number.POSITIVE_INFINITY)
  t.is(firstDifference(updates(2, 2), updates(2)), Number.POSITIVE_INFINITY)
})

test('a run jumps at the first loss above twice the first, or at one that is no number', (t) => {
  t.is(firstJump(updates(2, 4, 3.9)), undefined)
  t.is(firstJump(updates(2, 3, 4.1, 9)), 3)
  t.is(firstJump(updates(2, 3, null)), 3)
})

test('a run is described side by side, with how far they agree', (t) => {
  const run = {
    seed: 3,
    ours: updates(2, 1.5),
    torch: updates(2, 6),
    difference: 0.75,
  }
  t.is(
    describeRun(run),
    [
      'seed 3',
      '  ours     loss 2.000 to 1.500, highest 2.000, highest gradient norm 2, no jump',
      '  PyTorch  loss 2.000 to 6.000, highest 6.000, highest gradient norm 6, jumps at update 2',
      '  first 5 losses differ by 7.5e-1 at most',
    ].join('\n'),
  )
  t.is(describeRun({ ...run, torch: undefined, difference: undefined }).split('\n').length, 2)
})
