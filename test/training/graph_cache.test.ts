import test from 'ava'
import { graphCache } from '../../training/graph_cache.js'

test('a graph is kept for each shape where there is memory', (t) => {
  t.deepEqual(graphCache(16, 8e9), { cacheSize: 16, note: undefined })
})

test('an unknown number of shapes leaves it to the engine', (t) => {
  t.deepEqual(graphCache(undefined, 8e9), { cacheSize: undefined, note: undefined })
})

test('fewer graphs than shapes are kept where memory is short, and said', (t) => {
  t.deepEqual(graphCache(16, 2e9), {
    cacheSize: 7,
    note:
      'keeps the graphs of 7 of 16 input shapes, as 2.0 GB of memory are free and a graph takes about 64 MB: ' +
      'the others are made anew each time they come; set a lower data.shapes',
  })
})

test('one graph is kept at least', (t) => {
  t.is(graphCache(16, 0).cacheSize, 1)
})
