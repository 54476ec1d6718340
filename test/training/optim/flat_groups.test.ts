import test from 'ava'
import * as tf from '../../../tf/tf.js'
import { flatGroups, flatten, unflatten } from '../../../training/optim/flat_groups.js'

test('small tensors of a kind make one group, and large ones are alone', (t) => {
  const shapes = { a: [2, 3], large: [65_537], b: [], c: [4], d: [1, 1], edge: [256, 256] }
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.zeros(shape)]),
  )
  t.deepEqual(
    flatGroups(tensors, (name) => name === 'c'),
    [['large'], ['a', 'b', 'd', 'edge'], ['c']],
  )
})

test('what is flat comes out as it was, name by name', (t) => {
  const tensors = {
    a: tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]),
    b: tf.scalar(7),
    alone: tf.tensor1d([1, 2]),
    c: tf.tensor3d([8, 9], [1, 2, 1]),
  }
  const groups = [['c', 'a', 'b'], ['alone']]
  const flat = flatten(groups, tensors)
  t.deepEqual(Object.keys(flat), ['c', 'alone'])
  t.deepEqual([...flat.c.dataSync()], [8, 9, 1, 2, 3, 4, 5, 6, 7])
  t.is(flat.alone, tensors.alone)

  const back = unflatten(groups, flat, tensors)
  t.deepEqual(Object.keys(back), ['c', 'a', 'b', 'alone'])
  for (const [name, tensor] of Object.entries(tensors)) {
    t.deepEqual(back[name].shape, tensor.shape)
    t.deepEqual([...back[name].dataSync()], [...tensor.dataSync()])
  }
})
