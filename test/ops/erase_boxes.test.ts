import test from 'ava'
import { toHost } from '../../engine/tensors.js'
import { eraseBoxes } from '../../ops/erase_boxes.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const images = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1])
const boxes = tf.tensor2d([
  [0, 1, 2, 2],
  [0, 0, 0, 0],
])
const noise = tf.tensor3d([0.1, 0.2, 0.3, 0.4], [2, 2, 1])

test('a box shows the noise of its place, and an image without one stays', (t) => {
  assertClose(t, eraseBoxes(images, boxes, noise), [1, 2, 0.3, 0.4, 5, 6, 7, 8], 1e-6)
})

test('erased images, traced equals eager', async (t) => {
  const erase = ({ images, boxes, noise }: Record<string, tf.Tensor>) =>
    eraseBoxes(images as tf.Tensor4D, boxes as tf.Tensor2D, noise as tf.Tensor3D)
  const inputs = { images: toHost(images), boxes: toHost(boxes), noise: toHost(noise) }
  await tracedEqualsEager(t, erase, inputs)
})
