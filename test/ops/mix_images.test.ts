import test from 'ava'
import { floats, scalar } from '../../host_tensor.js'
import { type Mixing, mixImages, mixTargets } from '../../ops/mix_images.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

/** Two images of 2 x 2 pixels. */
const images = tf.tensor4d([1, 2, 3, 4, 10, 20, 30, 40], [2, 2, 2, 1])
const mixing = (boxXyxy: number[], pixelShare: number, targetShare = pixelShare): Mixing => ({
  boxXyxy: tf.tensor1d(boxXyxy),
  pixelShare: tf.scalar(pixelShare),
  targetShare: tf.scalar(targetShare),
})

test('mixup adds the partner from the end of the batch', (t) => {
  const mixed = mixImages(images, mixing([0, 0, 0, 0], 0.75))
  assertClose(t, mixed, [3.25, 6.5, 9.75, 13, 7.75, 15.5, 23.25, 31], 1e-6)
})

test('CutMix shows the partner inside its box', (t) => {
  const mixed = mixImages(images, mixing([1, 0, 2, 2], 1, 0.5))
  assertClose(t, mixed, [1, 20, 3, 40, 10, 2, 30, 4], 0)
})

test('without mixing nothing changes', (t) => {
  assertClose(t, mixImages(images, mixing([0, 0, 0, 0], 1)), images, 0)
})

test('targets are mixed by their own share, and still sum to 1', (t) => {
  const targets = tf.tensor2d([
    [1, 0, 0],
    [0, 0.5, 0.5],
  ])
  const mixed = mixTargets(targets, mixing([1, 0, 2, 2], 1, 0.75))
  assertClose(t, mixed, [0.75, 0.125, 0.125, 0.25, 0.375, 0.375], 1e-6)
  assertClose(t, tf.sum(mixed, 1), [1, 1], 1e-6)
})

test('mixed images, traced equals eager', async (t) => {
  const inputs = {
    images: floats([1, 2, 3, 4, 10, 20, 30, 40], [2, 2, 2, 1]),
    mixing: {
      boxXyxy: floats([1, 0, 2, 1], [4]),
      pixelShare: scalar(0.6),
      targetShare: scalar(0.5),
    },
  }
  const mix = ({ images, mixing }: { images: tf.Tensor4D; mixing: Mixing }) =>
    mixImages(images, mixing)
  await tracedEqualsEager(t, mix, inputs)
})
