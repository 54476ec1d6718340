import test from 'ava'
import { floats, type HostTensor } from '../../host_tensor.js'
import { normalizeImages } from '../../ops/normalize_images.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const pixels = { mean: [10, 20, 30], std: [2, 4, 5] }

test('each channel has its own mean and deviation', (t) => {
  const image = tf.tensor4d([12, 28, 40], [1, 1, 1, 3], 'int32')
  assertClose(t, normalizeImages(image, tf.tensor2d([[1, 1]]), pixels), [1, 2, 2])
})

test('what lies below or right of an image is 0 after the normalisation', (t) => {
  const images = tf.fill([2, 2, 3, 3], 100, 'int32') as tf.Tensor4D
  const sizes = tf.tensor2d([
    [1, 3],
    [2, 2],
  ])
  const red = tf.slice(normalizeImages(images, sizes, pixels), [0, 0, 0, 0], [2, 2, 3, 1])
  assertClose(t, red, [45, 45, 45, 0, 0, 0, 45, 45, 0, 45, 45, 0])
})

test('traced, bytes are normalised as eager', async (t) => {
  const bytes = Uint8Array.from({ length: 72 }, (_, i) => 3 * i)
  const images: HostTensor = { dtype: 'uint8', shape: [2, 3, 4, 3], data: bytes }
  const normalized = ({ images, sizes }: Record<'images' | 'sizes', tf.Tensor>) =>
    normalizeImages(images as tf.Tensor4D, sizes as tf.Tensor2D, pixels)
  await tracedEqualsEager(t, normalized, { images, sizes: floats([2, 3, 3, 4], [2, 2]) })
})
