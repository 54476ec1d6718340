import test from 'ava'
import { describeMatch, isFullMatch, matchWeights } from '../../weights/match_weights.js'

test('equal names and shapes match, whatever their order', (t) => {
  const match = matchWeights({ a: [1, 2], b: [] }, { b: [], a: [1, 2] })
  t.true(isFullMatch(match))
  t.is(describeMatch(match), '2 of 2 tensors match')
})

test('num_batches_tracked is ignored on either side', (t) => {
  const match = matchWeights({ a: [1] }, { a: [1], 'bn.num_batches_tracked': [] })
  t.true(isFullMatch(match))
  t.deepEqual([match.unexpected, match.ignored], [[], ['bn.num_batches_tracked']])
  t.true(isFullMatch(matchWeights({ a: [1], num_batches_tracked: [] }, { a: [1] })))
})

test('what does not match is counted, with the first names', (t) => {
  const expected = { same: [1], reshaped: [3, 4], a: [1], b: [1], c: [1], d: [1] }
  const found = { same: [1], reshaped: [4, 3], extra: [2] }
  const match = matchWeights(expected, found)
  t.false(isFullMatch(match))
  t.is(
    describeMatch(match),
    '1 of 6 tensors match; 4 missing (a, b, c, ...); 1 unexpected (extra); ' +
      '1 of another shape (reshaped is [4, 3], not [3, 4])',
  )
})
