import test from 'ava'
import {
  constant,
  kaimingNormalFanOut,
  normal,
  ones,
  Random,
  truncatedNormal,
  uniform,
  uniformFanIn,
  xavierUniform,
  zeros,
} from '../../nn/index.js'

const shape = [64, 32, 3, 3] // 18,432 values: a sample deviation is within 2 % of the true one

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

function largest(values: Float32Array): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
}

test('zeros, ones and constant fill', (t) => {
  const random = new Random(0)
  t.deepEqual([...zeros()([2], random)], [0, 0])
  t.deepEqual([...ones()([2], random)], [1, 1])
  t.deepEqual([...constant(-2.5)([1, 2], random)], [-2.5, -2.5])
})

test('normal has the deviation it is given', (t) => {
  const std = deviation(normal(0.01)(shape, new Random(1)))
  t.true(Math.abs(std / 0.01 - 1) < 0.03, `${std}`)
})

test('truncatedNormal stays within its absolute limit', (t) => {
  const values = truncatedNormal(2, 1)(shape, new Random(2))
  t.true(largest(values) <= 1)
  t.true(largest(values) > 0.99)
})

test('uniform keeps to [low, high)', (t) => {
  const values = uniform(3, 5)(shape, new Random(3))
  t.true(values.every((value) => value >= 3 && value <= 5))
  t.true(Math.min(...values) < 3.01 && Math.max(...values) > 4.99)
})

test('xavierUniform spans sqrt(6 / (fanIn + fanOut)), kernel taps counted on both sides', (t) => {
  const bound = Math.sqrt(6 / (32 * 9 + 64 * 9))
  const max = largest(xavierUniform()(shape, new Random(4)))
  t.true(max <= bound && max > 0.99 * bound, `${max}`)
})

test('kaimingNormalFanOut has deviation sqrt(2 / fanOut)', (t) => {
  const std = deviation(kaimingNormalFanOut()(shape, new Random(5)))
  t.true(Math.abs(std / Math.sqrt(2 / (64 * 9)) - 1) < 0.03, `${std}`)
})

test('uniformFanIn spans 1 / sqrt(fanIn), for convolutions and linear layers', (t) => {
  const max = largest(uniformFanIn()(shape, new Random(6)))
  t.true(max <= 1 / Math.sqrt(288) && max > 0.99 / Math.sqrt(288), `${max}`)
  const linear = largest(uniformFanIn()([1000, 4], new Random(7)))
  t.true(linear <= 0.5 && linear > 0.49, `${linear}`)
})

test('the same stream draws the same numbers', (t) => {
  const draw = () => normal(1)([4], new Random(7, 'a.weight'))
  t.deepEqual(draw(), draw())
  t.notDeepEqual(draw(), normal(1)([4], new Random(7, 'b.weight')))
})
