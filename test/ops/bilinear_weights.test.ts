import test from 'ava'
import { floats } from '../../host_tensor.js'
import { bilinearWeights } from '../../ops/bilinear_weights.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

/** Weights of five cells for sums of one sample each. */
const weightsAt = (positions: number[]) => {
  const shape: [number, number, number] = [1, positions.length, 1]
  return bilinearWeights(tf.tensor3d(positions, shape), tf.ones(shape), 5)
}

test('two neighbours share a sample', (t) => {
  assertClose(t, weightsAt([2, 1.25, 3.9]), [
    [0, 0, 1, 0, 0],
    [0, 0.75, 0.25, 0, 0],
    [0, 0, 0, 0.1, 0.9],
  ])
})

test('what lies outside of the axis is not read', (t) => {
  assertClose(t, weightsAt([-0.25, 4.5, -1, 7, 1e9]), [
    [0.75, 0, 0, 0, 0],
    [0, 0, 0, 0, 0.5],
    ...Array(3).fill([0, 0, 0, 0, 0]),
  ])
})

test('samples of a sum add up by their shares', (t) => {
  const positions = tf.tensor3d([[[0.5, 1, 4]], [[2, 2, 2]]])
  const shares = tf.tensor3d([[[0.5, 0.25, 0]], [[1, 2, 3]]])
  assertClose(t, bilinearWeights(positions, shares, 5), [
    [0.25, 0.5, 0, 0, 0],
    [0, 0, 6, 0, 0],
  ])
})

test('traced, weights are as eager', async (t) => {
  const weights = ({ positions, shares }: Record<'positions' | 'shares', tf.Tensor3D>) =>
    bilinearWeights(positions, shares, 4)
  await tracedEqualsEager(t, weights, {
    positions: floats([0.3, 1.7, 2, 3.4, -0.2, 9], [1, 3, 2]),
    shares: floats([1, 0.5, 0, 2, 1, 1], [1, 3, 2]),
  })
})
