import { setTimeout } from 'node:timers/promises'
import test from 'ava'
import { boundedMap } from '../../datasets/bounded_map.js'

test('results stand in the order of the items, and no more than allowed are under way', async (t) => {
  let [underWay, most] = [0, 0]
  const results = await boundedMap([30, 1, 20, 2, 10, 3], 3, async (delay) => {
    most = Math.max(most, ++underWay)
    await setTimeout(delay)
    underWay--
    return 2 * delay
  })
  t.deepEqual(results, [60, 2, 40, 4, 20, 6])
  t.is(most, 3)
  t.deepEqual(await boundedMap([], 3, async () => 1), [])
})

test('the first error is thrown', async (t) => {
  const fail = async (item: number) => {
    if (item === 2) throw new RangeError('two')
  }
  await t.throwsAsync(boundedMap([1, 2, 3], 2, fail), { instanceOf: RangeError })
})
