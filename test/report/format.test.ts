import test from 'ava'
import { formatNumber, formatTick } from '../../report/format.js'

test('AP is in percent, with one decimal, and -1 is nothing to measure', (t) => {
  t.is(formatNumber(0.418, 'ap'), '41.8')
  t.is(formatNumber(0, 'ap'), '0.0')
  t.is(formatNumber(1, 'ap'), '100.0')
  t.is(formatNumber(-1, 'ap'), '–')
  t.is(formatNumber(-0.012, 'ap'), '-1.2', 'a gain may be below 0')
})

test('speeds and sizes have three or four digits that tell', (t) => {
  const texts = [0.5125, 1.05, 29.8, 396.9, 2427.18, 1234567].map((value) =>
    formatNumber(value, 'short'),
  )
  t.deepEqual(texts, ['0.512', '1.05', '29.8', '396.9', '2\u00a0427', '1\u00a0234\u00a0567'])
})

test('what is no number is a dash', (t) => {
  for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.is(formatNumber(value, 'short'), '–')
  }
})

test('ratios, shares, losses, rates and counts each have their own rule', (t) => {
  t.is(formatNumber(1.0836, 'ratio'), '1.08')
  t.is(formatNumber(0.0416, 'share'), '4.2\u00a0%')
  t.is(formatNumber(0.554722, 'loss'), '0.5547')
  t.is(formatNumber(0.00007651, 'rate'), '7.65e-5')
  t.is(formatNumber(117266, 'count'), '117\u00a0266')
})

test('a tick has no more digits than it needs', (t) => {
  t.is(formatTick(0.4, 'ap'), '40')
  t.is(formatTick(0.125, 'ap'), '12.5')
  t.is(formatTick(0.5, 'short'), '0.5')
  t.is(formatTick(1.5, 'count'), '', 'there is no half an epoch')
  t.is(formatTick(0.0002, 'rate'), '2e−4')
})
