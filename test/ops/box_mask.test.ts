import test from 'ava'
import { toHost } from '../../engine/tensors.js'
import { boxMask } from '../../ops/box_mask.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const boxes = tf.tensor2d([
  [1, 0, 3, 2],
  [2, 1, 2, 3],
  [-5, -5, 50, 50],
])

test('pixels inside a box are 1; its right and lower edge are outside', (t) => {
  const mask = boxMask(boxes, [3, 4])
  t.deepEqual(mask.shape, [3, 3, 4, 1])
  const [first, empty, all] = tf.unstack(mask)
  assertClose(t, first, [0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0], 0)
  assertClose(t, empty, Array(12).fill(0), 0)
  assertClose(t, all, Array(12).fill(1), 0)
})

test('the mask of boxes, traced equals eager', async (t) => {
  await tracedEqualsEager(t, ({ boxes }: { boxes: tf.Tensor2D }) => boxMask(boxes, [3, 4]), {
    boxes: toHost(boxes),
  })
})
