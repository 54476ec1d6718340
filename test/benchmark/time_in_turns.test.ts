import test from 'ava'
import { median, quantile, timeInTurns } from '../../benchmark/time_in_turns.js'

test('functions take turns, and calls before the timing are left out', async (t) => {
  const order: string[] = []
  const done: string[] = []
  const called = (name: string) => async () => {
    order.push(name)
    return order.length // milliseconds, as if it had measured itself
  }
  const times = await timeInTurns([called('a'), called('b')], {
    runs: 2,
    warmup: 1,
    onProgress: (count, total) => done.push(`${count}/${total}`),
  })
  t.deepEqual(order, ['a', 'b', 'a', 'b', 'a', 'b'])
  t.deepEqual(times, [
    [3, 5],
    [4, 6],
  ])
  t.deepEqual(done, ['1/6', '2/6', '3/6', '4/6', '5/6', '6/6'])
})

test('a function that returns nothing is timed by the clock', async (t) => {
  const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 20))
  const [[taken]] = await timeInTurns([wait], { runs: 1, warmup: 0 })
  t.true(taken > 15)
})

test('quantiles worked by hand', (t) => {
  t.is(quantile([5], 0.95), 5)
  t.is(quantile([0, 100], 0.95), 95)
  t.is(median([4, 1, 3, 2]), 2.5)
  t.is(median([3, 1, 2]), 2)
})
