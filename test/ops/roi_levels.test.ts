import test from 'ava'
import { floats } from '../../host_tensor.js'
import { roiLevels } from '../../ops/roi_levels.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

function levelsOf(rois: number[][], options?: { levels?: number; finestScale?: number }) {
  const levels = roiLevels(tf.tensor3d([rois]), options)
  return { shape: levels.shape, dtype: levels.dtype, values: Array.from(levels.dataSync()) }
}

/** A region at (30, 20) of the given width and height. */
const sized = (width: number, height = width) => [30, 20, 30 + width, 20 + height]

test('squares of 112, 224 and 448 pixels are the first of their levels', (t) => {
  const sides = [1, 55, 56, 111.99, 112, 223.99, 224, 447.99, 448, 900, 5000]
  const { shape, dtype, values } = levelsOf(sides.map((side) => sized(side)))
  t.deepEqual(values, [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3])
  t.deepEqual(shape, [1, sides.length])
  t.is(dtype, 'int32')
})

test('the area counts, not the sides', (t) => {
  t.deepEqual(levelsOf([sized(8, 1568), sized(784, 16), sized(7, 1568)]).values, [1, 1, 0])
})

test('regions without an area are of level 0, however large a side', (t) => {
  const inverted = [900, 900, 10, 10]
  const rois = [[0, 0, 0, 0], sized(0, 600), sized(1e-20), [500, 20, 30, 700], inverted]
  t.deepEqual(levelsOf(rois).values, [0, 0, 0, 0, 0])
})

test('huge regions are of the last level', (t) => {
  t.deepEqual(levelsOf([[-1e30, -1e30, 1e30, 1e30]]).values, [3])
})

test('levels and finestScale are options', (t) => {
  const rois = [sized(19), sized(20), sized(40), sized(80)]
  t.deepEqual(levelsOf(rois, { levels: 3, finestScale: 10 }).values, [0, 1, 2, 2])
  t.deepEqual(levelsOf(rois, { levels: 1, finestScale: 10 }).values, [0, 0, 0, 0])
})

test('levels are those of the formula with a logarithm', (t) => {
  const random = new Random(4, 'regions')
  const rois = Array.from({ length: 500 }, () =>
    sized(Math.exp(8 * random.uniform()), Math.exp(8 * random.uniform())),
  )
  const expected = rois.map(([x1, y1, x2, y2]) => {
    const level = Math.floor(Math.log2(Math.sqrt((x2 - x1) * (y2 - y1)) / 56 + 1e-6))
    return Math.min(Math.max(level, 0), 3)
  })
  t.deepEqual(levelsOf(rois).values, expected)
  t.deepEqual([...new Set(expected)].sort(), [0, 1, 2, 3])
})

test('traced, levels are as eager', async (t) => {
  const sides = [0, 10, 111.99, 112, 223.99, 224, 447.99, 448, 1000, -3]
  const rois = floats(
    sides.flatMap((side) => sized(side)),
    [2, 5, 4],
  )
  const levels = (levelCount: number) => (inputs: Record<'rois', tf.Tensor>) =>
    roiLevels(inputs.rois as tf.Tensor3D, { levels: levelCount })
  await tracedEqualsEager(t, levels(4), { rois })
  await tracedEqualsEager(t, levels(1), { rois })
})
