import test from 'ava'
import { editDistance, nearestWord } from '../../registry/edit_distance.js'

test('edit distances, counted by hand', (t) => {
  t.is(editDistance('actNumm', 'actNum'), 1)
  t.is(editDistance('kitten', 'sitting'), 3)
  t.is(editDistance('', 'abc'), 3)
  t.is(editDistance('same', 'same'), 0)
})

test('distance is symmetric', (t) => {
  t.is(editDistance('outIndices', 'indices'), editDistance('indices', 'outIndices'))
})

test('the nearest word is found whatever its case', (t) => {
  t.is(nearestWord('annfile', ['imageDir', 'annFile', 'limit']), 'annFile')
  t.is(nearestWord('outindexes', ['outIndices', 'strides']), 'outIndices')
})

test('no word is better than one that is not alike', (t) => {
  t.is(nearestWord('momentum', ['eps', 'betas', 'learningRate']), undefined)
  t.is(nearestWord('x', ['y', 'z']), undefined)
  t.is(nearestWord('x', []), undefined)
})
