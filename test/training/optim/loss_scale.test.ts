import test from 'ava'
import { initialLossScale, isExhausted, nextLossScale } from '../../../training/optim/loss_scale.js'

test('the scale starts at 65536, or where it is told to', (t) => {
  t.deepEqual(initialLossScale({}), { scale: 65536, goodUpdates: 0, skippedUpdates: 0 })
  t.is(initialLossScale({ initial: 8 }).scale, 8)
})

// As torch.amp.GradScaler('cpu', init_scale=16, growth_interval=3) of PyTorch 2.14.1 with the same
// outcomes.
test('an overflow halves the scale, and three good updates in a row double it', (t) => {
  const outcomes = [true, true, false, true, true, true, true, false, false, true, true, true]
  let state = initialLossScale({ initial: 16 })
  const seen = outcomes.map((isGood) => {
    state = nextLossScale(state, isGood, { growthInterval: 3 })
    return [state.scale, state.goodUpdates, state.skippedUpdates]
  })
  t.deepEqual(seen, [
    [16, 1, 0],
    [16, 2, 0],
    [8, 0, 1],
    [8, 1, 1],
    [8, 2, 1],
    [16, 0, 1],
    [16, 1, 1],
    [8, 0, 2],
    [4, 0, 3],
    [4, 1, 3],
    [4, 2, 3],
    [8, 0, 3],
  ])
})

test('the scale doubles after 2000 good updates, and not before', (t) => {
  let state = initialLossScale({})
  for (let i = 0; i < 1999; i++) state = nextLossScale(state, true, {})
  t.is(state.scale, 65536)
  t.is(nextLossScale(state, true, {}).scale, 131072)
  t.is(nextLossScale(state, false, {}).scale, 32768)
})

test('the scale stays a number of float32', (t) => {
  const state = { scale: 2 ** 127, goodUpdates: 0, skippedUpdates: 0 }
  const next = nextLossScale(state, true, { growthInterval: 1 })
  t.deepEqual(next, state)
})

test('a scale is exhausted below 1', (t) => {
  const one = { scale: 1, goodUpdates: 0, skippedUpdates: 16 }
  t.false(isExhausted(one))
  t.true(isExhausted(nextLossScale(one, false, {})))
})
