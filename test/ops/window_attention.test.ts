import test from 'ava'
import { floats, type HostTensor, sizeOf } from '../../host_tensor.js'
import { planWindows, type WindowPlan, windowAttention } from '../../ops/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager, withGradients } from '../helpers/traced_equals_eager.js'

type Inputs = { qkv: tf.Tensor; bias: tf.Tensor }

const IMAGES = 2
const HEADS = 2
const DEPTH = 3

const places = [
  { what: 'whole windows', size: [4, 6], window: 2, shift: 0 },
  { what: 'padded windows', size: [3, 5], window: 2, shift: 0 },
  { what: 'padded and shifted windows', size: [5, 7], window: 3, shift: 1 },
  { what: 'a single shifted window', size: [2, 3], window: 3, shift: 1 },
] as const

/** Attention by the definition: window by window, head by head, query by query. */
function plainly({ qkv, bias }: Inputs, plan: WindowPlan): tf.Tensor {
  const { cellCount, mapCellCount, windowCount, slotCount, heads } = plan
  const depth = qkv.shape[2] as number
  const table = tf.reshape(qkv, [IMAGES, cellCount, 3, heads, depth])
  const cells = Array.from(plan.cellOfSlot.dataSync())
  const mask = plan.mask && Array.from(plan.mask.dataSync())
  const rows: tf.Tensor[] = new Array(IMAGES * mapCellCount * heads)
  const part = (image: number, window: number, head: number, which: number) => {
    const ofWindow = cells.slice(window * slotCount, (window + 1) * slotCount)
    const row = (cell: number) =>
      tf.reshape(tf.slice(table, [image, cell, which, head, 0], [1, 1, 1, 1, depth]), [1, depth])
    return tf.concat(ofWindow.map(row)) // [slots, depth]
  }
  for (let image = 0; image < IMAGES; image++) {
    for (let window = 0; window < windowCount; window++) {
      for (let head = 0; head < heads; head++) {
        const [q, k, v] = [0, 1, 2].map((which) => part(image, window, head, which))
        const square = [slotCount, slotCount]
        const own = tf.reshape(tf.slice(bias, [head, 0, 0], [1, ...square]), square)
        let logits = tf.add(tf.div(tf.matMul(q, k, false, true), Math.sqrt(depth)), own)
        if (mask) {
          const size = slotCount * slotCount
          logits = tf.add(logits, tf.tensor(mask.slice(window * size, (window + 1) * size), square))
        }
        const y = tf.matMul(tf.softmax(logits), v)
        for (let slot = 0; slot < slotCount; slot++) {
          const cell = cells[window * slotCount + slot]
          if (cell >= mapCellCount) continue
          rows[(image * mapCellCount + cell) * heads + head] = tf.slice(y, [slot, 0], [1, depth])
        }
      }
    }
  }
  return tf.reshape(tf.concat(rows), [IMAGES, mapCellCount * heads, depth])
}

function inputsFor(plan: WindowPlan): Record<keyof Inputs, HostTensor> {
  const filled = (shape: number[], phase: number) =>
    floats(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => 1.6 * Math.sin(phase + 2.3 * i)),
      shape,
    )
  const { cellCount, slotCount } = plan
  return {
    qkv: filled([IMAGES, cellCount * 3 * HEADS, DEPTH], 0),
    bias: filled([HEADS, slotCount, slotCount], 1),
  }
}

for (const { what, size, window, shift } of places) {
  const planned = () => planWindows({ size, window, shift, heads: HEADS })
  const attend = ({ qkv, bias }: Inputs) =>
    windowAttention(qkv as tf.Tensor3D, bias as tf.Tensor3D, planned())

  test(`${what}: result and gradients are those of plain attention in each window`, (t) => {
    const plan = planned()
    const tensors = Object.fromEntries(
      Object.entries(inputsFor(plan)).map(([name, { data, shape }]) => [
        name,
        tf.tensor(data, [...shape]),
      ]),
    ) as Inputs
    const expected = withGradients((given: Inputs) => plainly(given, plan))(tensors)
    const { y, gradients } = withGradients(attend)(tensors)
    t.deepEqual(y.shape, [IMAGES, size[0] * size[1] * HEADS, DEPTH])
    assertClose(t, y, expected.y.dataSync(), 1e-5)
    for (const [name, gradient] of Object.entries(gradients)) {
      assertClose(t, gradient, expected.gradients[name].dataSync(), 1e-5)
    }
  })

  test(`${what}: traced equals eager, with gradients`, async (t) => {
    await tracedEqualsEager(t, withGradients(attend), inputsFor(planned()))
  })
}

test('where logits are huge, the cell with the largest is all that is seen', (t) => {
  const plan = planWindows({ size: [1, 2], window: 2, shift: 0, heads: 1 })
  const qkv = tf.tensor3d(
    [
      [300, 300, 7],
      [0, 0, 8],
      [0, 0, 9],
      [0, 0, 9],
    ].flat(), // q, k, v of each cell
    [1, 12, 1],
  )
  const y = windowAttention(qkv, tf.zeros([1, 4, 4]), plan)
  assertClose(t, y, [7, 8.25]) // of the second cell all logits are 0
})

test('what may not be seen has no part, not even a number too small to be normal', (t) => {
  // Cells 0 to 3 in a row; the last window of the rolled map holds 3 and 0, which are far apart.
  const plan = planWindows({ size: [1, 4], window: 2, shift: 1, heads: 1 })
  const values = [3e38, 1, 1, 1, 0, 0, 0, 0].flatMap((value) => [0, 0, value])
  const y = windowAttention(tf.tensor3d(values, [1, 24, 1]), tf.zeros([1, 4, 4]), plan)
  t.deepEqual(Array.from(y.dataSync()), [Math.fround(3e38), 1, 1, 1])
})
