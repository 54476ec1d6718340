import { createHash } from 'node:crypto'
import test from 'ava'
import { Random } from '../../random/random.js'
import { threefry } from '../../random/threefry.js'

function draw(count: number, ...words: (number | string)[]): number[] {
  const random = new Random(...words)
  return Array.from({ length: count }, () => random.bits())
}

test('a stream is Threefry of SHA-256 of its words, block by block', (t) => {
  const hash = createHash('sha256').update('[7,"a.weight"]').digest()
  const key = Uint32Array.from([0, 4, 8, 12], (place) => hash.readUInt32BE(place))
  const blocks = [0, 1, 2].map((number) => {
    const out = new Uint32Array(4)
    threefry(key, Uint32Array.of(number, 0, 0, 0), out)
    return [...out]
  })
  t.deepEqual(draw(12, 7, 'a.weight'), blocks.flat())
})

test('words give the same numbers in every version of the project', (t) => {
  t.deepEqual(draw(3, 0, 'backbone.stem.0.weight'), [2951484287, 2038216577, 2108524761])
  t.deepEqual(draw(3, 0, 'augment', 1, 2), [1621996124, 1181799123, 2097450349])
})

test('the counter carries into its next word', (t) => {
  const random = new Random(1)
  const { counter, key } = random as unknown as { counter: Uint32Array; key: Uint32Array }
  counter[0] = 0xffffffff
  for (let i = 0; i < 4; i++) random.bits()
  t.deepEqual([...counter], [0, 1, 0, 0])
  const out = new Uint32Array(4)
  threefry(key, counter, out)
  t.is(random.bits(), out[0])
})

test('other words, other types and other splits name other streams', (t) => {
  const streams = [
    [1],
    ['1'],
    [1, 2],
    ['1,2'],
    [12],
    ['a', 'b'],
    ['ab'],
    ['a\u0000b'],
    ['b', 'a'],
    [],
  ]
  const firsts = streams.map((words) => draw(4, ...words).join(' '))
  t.is(new Set(firsts).size, streams.length)
})

test('uniform numbers fill [0, 1) evenly', (t) => {
  const random = new Random('uniform')
  const counts = new Array<number>(16).fill(0)
  for (let i = 0; i < 160_000; i++) counts[Math.floor(random.uniform() * 16)]++
  for (const count of counts) t.true(Math.abs(count - 10_000) < 500, `${count}`) // 5 deviations
})

test('integers are below their bound and equally likely', (t) => {
  const random = new Random('integer')
  const counts = new Array<number>(6).fill(0)
  for (let i = 0; i < 60_000; i++) counts[random.integer(6)]++
  for (const count of counts) t.true(Math.abs(count - 10_000) < 460, `${count}`) // 5 deviations
})

test('integers of a bound just above half of all words are not skewed', (t) => {
  const random = new Random('skew')
  const bound = 3 * 2 ** 30
  let low = 0
  for (let i = 0; i < 30_000; i++) if (random.integer(bound) < 2 ** 30) low++
  // A third of them; without rejection, half.
  t.true(Math.abs(low - 10_000) < 410, `${low}`)
})

test('integers take any bound up to 2^32 and refuse others', (t) => {
  const random = new Random('bounds')
  t.is(random.integer(1), 0)
  t.true(random.integer(2 ** 32) >= 0)
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) {
    t.throws(() => random.integer(bound), {
      instanceOf: RangeError,
      message: `Random.integer: bound is ${bound}; give a whole number from 1 to 4294967296`,
    })
  }
})

test('normal numbers have mean 0, deviation 1 and the tails of a normal distribution', (t) => {
  const random = new Random('normal')
  const count = 200_000
  let [sum, squares, beyond] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const value = random.normal()
    sum += value
    squares += value * value
    if (Math.abs(value) > 2) beyond++
  }
  t.true(Math.abs(sum / count) < 0.012)
  t.true(Math.abs(squares / count - 1) < 0.016)
  t.true(Math.abs(beyond / count - 0.0455) < 0.0024) // 5 deviations each
})

test('a shuffle keeps the items, and leaves its argument as it is', (t) => {
  const items = Array.from({ length: 50 }, (_, i) => i)
  const shuffled = new Random('shuffle').shuffle(items)
  t.notDeepEqual(shuffled, items)
  t.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    items,
  )
  t.is(items[49], 49)
})

test('a number between two is uniform on its range', (t) => {
  const random = new Random('between')
  const drawn = Array.from({ length: 4000 }, () => random.between(-3, 5))
  t.true(drawn.every((value) => value >= -3 && value < 5))
  const mean = drawn.reduce((sum, value) => sum + value) / drawn.length
  t.true(Math.abs(mean - 1) < 0.15, `${mean}`) // deviation of the mean is 0.037
})
