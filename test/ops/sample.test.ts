import test from 'ava'
import { floats, ints } from '../../host_tensor.js'
import { type SampleOptions, samplePositivesAndNegatives } from '../../ops/sample.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

/** Columns taken of each row: a letter for each, `P`, `N` or `.`. */
function taken(matches: number[][], noise: number[][], options: SampleOptions): string[] {
  const { positives, negatives } = samplePositivesAndNegatives(
    tf.tensor2d(matches, undefined, 'int32'),
    tf.tensor2d(noise),
    options,
  )
  const [p, n] = [positives.arraySync(), negatives.arraySync()]
  return p.map((row, i) =>
    row.map((weight, j) => (weight === 1 ? 'P' : n[i][j] === 1 ? 'N' : '.')).join(''),
  )
}

const countOf = (letter: string, text: string) => text.split(letter).length - 1

test('of each kind those with the most noise are taken, and ignored ones never', (t) => {
  const matches = [[0, -1, 3, -1, -2, 0, -1, -1]]
  const noise = [[0.2, 0.9, 0.1, 0.3, 0.99, 0.7, 0.4, 0.35]]
  t.deepEqual(taken(matches, noise, { num: 4, posFraction: 0.5 }), ['PN...PN.'])
})

test('negatives fill the places that positives leave', (t) => {
  const matches = [
    [0, -1, -1, -1, -1, -1],
    [-1, -1, -1, -1, -1, -1],
    [0, 0, 0, -1, -1, -1],
  ]
  const noise = matches.map(() => [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
  const options = { num: 4, posFraction: 0.5 }
  t.deepEqual(taken(matches, noise, options), ['P..NNN', '..NNNN', '.PP.NN'])
})

test('the largest number of positives is rounded down', (t) => {
  const row = [[0, 0, 0, 0, -1, -1]]
  const noise = [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]
  t.deepEqual(taken(row, noise, { num: 5, posFraction: 0.5 }), ['..PPNN'])
  t.deepEqual(taken(row, noise, { num: 1, posFraction: 0.5 }), ['.....N'])
  t.deepEqual(taken(row, noise, { num: 3, posFraction: 1 }), ['.PPP..'])
})

test('with fewer candidates than places, all are taken', (t) => {
  const options = { num: 256, posFraction: 0.5 }
  t.deepEqual(taken([[0, -1, -2, -1]], [[0, 0, 0, 0]], options), ['PN.N'])
  t.deepEqual(taken([[-2, -2]], [[0.5, 1]], options), ['..'])
  t.deepEqual(taken([[1]], [[0.5]], options), ['P'])
})

test('of equal noise the first are taken, and no more than there are places', (t) => {
  const options = { num: 4, posFraction: 0.5 }
  const matches = [[0, -1, 0, -1, 0, -1, 0, -1, -1]]
  t.deepEqual(taken(matches, [Array(9).fill(0.5)], options), ['PNPN.....'])
  t.deepEqual(taken(matches, [Array(9).fill(0)], options), ['PNPN.....'])
  t.deepEqual(taken(matches, [Array(9).fill(1)], options), ['PNPN.....'])
  const steps = [[0, 0.5, 0.5, 0, 0.5, 0.25, 0.5, 0.25, 0.25]]
  t.deepEqual(taken(matches, steps, options), ['.NP.PN...'])
})

test('counts are exact and choices the largest, whatever ties', (t) => {
  const random = new Random(3, 'sample')
  for (let round = 0; round < 40; round++) {
    const levels = [2, 5, 1000][round % 3]
    const width = 1 + random.integer(60)
    const matches = Array.from({ length: width }, () => random.integer(4) - 2) // -2 to 1
    const noise = Array.from({ length: width }, () => random.integer(levels) / levels)
    const options = { num: 1 + random.integer(20), posFraction: [0, 0.25, 0.5, 1][round % 4] }
    const [letters] = taken([matches], [noise], options)
    const numberOf = (kind: (match: number) => boolean) => matches.filter(kind).length
    const limit = Math.floor(options.num * options.posFraction)
    const positives = Math.min(
      limit,
      numberOf((match) => match >= 0),
    )
    t.is(countOf('P', letters), positives)
    const negatives = Math.min(
      options.num - positives,
      numberOf((match) => match === -1),
    )
    t.is(countOf('N', letters), negatives)
    for (const [letter, isKind] of [
      ['P', (match: number) => match >= 0],
      ['N', (match: number) => match === -1],
    ] as const) {
      const inside = noise.filter((_, i) => letters[i] === letter)
      const outside = noise.filter((_, i) => letters[i] === '.' && isKind(matches[i]))
      t.true(Math.min(...inside, 2) >= Math.max(...outside, -1))
    }
  }
})

test('topk lists what was taken: positives first, both in ascending order', (t) => {
  const matches = tf.tensor2d([[-1, 0, -1, 0, -1, 0]], [1, 6], 'int32')
  const noise = tf.tensor2d([[0.9, 0.1, 0.8, 0.5, 0.1, 0.3]])
  const { positives, negatives } = samplePositivesAndNegatives(matches, noise, {
    num: 4,
    posFraction: 0.5,
  })
  const { indices } = tf.topk(tf.add(tf.mul(positives, 2), negatives), 4)
  t.deepEqual(Array.from(indices.dataSync()), [3, 5, 0, 2])
})

test('traced, the choice is as eager', async (t) => {
  const random = new Random(4, 'sample')
  const draw = ({ matches, noise }: Record<'matches' | 'noise', tf.Tensor>) =>
    [0, 0.25, 1].map((posFraction) => {
      const options = { num: 12, posFraction }
      return {
        ...samplePositivesAndNegatives(matches as tf.Tensor2D, noise as tf.Tensor2D, options),
      }
    })
  await tracedEqualsEager(t, draw, {
    matches: ints(
      Array.from({ length: 120 }, () => random.integer(4) - 2),
      [3, 40],
    ),
    noise: floats(
      Array.from({ length: 120 }, () => random.integer(6) / 6),
      [3, 40],
    ),
  })
})
