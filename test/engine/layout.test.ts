import test from 'ava'
import { inverse, physicalShape, reshapedOrder, sameMemory } from '../../engine/trace/layout.js'

const channelsFirst = [0, 3, 1, 2]

test('an n h w c tensor kept channels first has the physical shape n c h w', (t) => {
  t.deepEqual(physicalShape([2, 5, 6, 4], channelsFirst), [2, 4, 5, 6])
  t.deepEqual(inverse(channelsFirst), [0, 2, 3, 1])
})

test('merging rows and columns moves nothing while channels stay first', (t) => {
  t.deepEqual(reshapedOrder([2, 5, 6, 4], [2, 30, 4], channelsFirst), [0, 2, 1])
})

test('splitting channels moves nothing while channels stay first', (t) => {
  t.deepEqual(reshapedOrder([2, 5, 6, 4], [2, 5, 6, 2, 2], channelsFirst), [0, 3, 4, 1, 2])
})

test('merging columns with channels is not possible without moving', (t) => {
  t.is(reshapedOrder([2, 5, 6, 4], [2, 5, 24], channelsFirst), undefined)
  t.is(reshapedOrder([2, 5, 6, 4], [240], channelsFirst), undefined)
})

test('axes of size 1 come and go freely', (t) => {
  t.deepEqual(reshapedOrder([1, 5, 6, 4], [5, 6, 4], channelsFirst), [2, 0, 1])
  t.deepEqual(reshapedOrder([5], [1, 5, 1], [0]), [0, 2, 1])
  t.deepEqual(reshapedOrder([1, 1], [], [1, 0]), [])
  t.true(sameMemory([1, 5, 6, 1], [0, 1, 2, 3], channelsFirst))
  t.false(sameMemory([1, 5, 6, 2], [0, 1, 2, 3], channelsFirst))
})

test('a plain order stays plain whatever the shapes', (t) => {
  t.deepEqual(reshapedOrder([4, 6], [2, 12], [0, 1]), [0, 1])
  t.deepEqual(reshapedOrder([24], [2, 3, 4], [0]), [0, 1, 2])
})

test('an empty tensor has no groups to keep', (t) => {
  t.is(reshapedOrder([0, 4], [0], [1, 0]), undefined)
})
