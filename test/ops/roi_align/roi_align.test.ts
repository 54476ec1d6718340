import test from 'ava'
import { compile } from '../../../engine/index.js'
import { trace } from '../../../engine/trace/trace.js'
import { floats, ints } from '../../../host_tensor.js'
import { type RoiAlignOptions, roiAlign } from '../../../ops/roi_align/roi_align.js'
import { Random } from '../../../random/random.js'
import * as tf from '../../../tf/tf.js'
import { assertClose } from '../../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../../helpers/traced_equals_eager.js'

test.before(() => tf.setBackend('cpu'))

/** Regions of one image on one map of stride 1 and one channel. */
function align(map: number[][], rois: number[][], options: RoiAlignOptions) {
  const feature = tf.tensor4d([map.map((row) => row.map((value) => [value]))])
  const levels = tf.zeros([1, rois.length], 'int32') as tf.Tensor2D
  return roiAlign({ features: [feature], strides: [1] }, tf.tensor3d([rois]), levels, options)
}

const oneSample: RoiAlignOptions = { outputSize: 1, samplingRatio: 1 }
const ramp = Array.from({ length: 8 }, (_, y) => Array.from({ length: 9 }, (_, x) => 10 * y + x))

test('where features grow evenly, a cell has the feature of its centre', (t) => {
  const values = align(ramp, [[1, 2, 7, 6]], { outputSize: 2, samplingRatio: 3 })
  // Centres at x 2.5 and 5.5, y 3 and 5 input pixels; cell 0 stands at 0.5.
  assertClose(t, values, [27, 30, 47, 50])
  t.deepEqual(values.shape, [1, 2, 2, 1])
})

test('a cell is the mean of its samples', (t) => {
  const peak = [[0, 0, 12, 0, 0]]
  const roi = [1.5, 0.5, 3.5, 0.5] // cells 1 to 3 of a single row
  const mean = (samplingRatio: number) => align(peak, [roi], { outputSize: 1, samplingRatio })
  assertClose(t, mean(1), [12]) // at 2
  assertClose(t, mean(2), [6]) // at 1.5 and 2.5
  assertClose(t, mean(3), [20 / 3]) // at 4/3, 2 and 8/3
})

test('two samples a side are the default', (t) => {
  const roi = [1.25, 0.5, 6, 7.5]
  const expected = align(ramp, [roi], { outputSize: 3, samplingRatio: 2 })
  assertClose(t, align(ramp, [roi], { outputSize: 3 }), expected)
})

test('a sample up to one cell outside reads the border, one further outside is 0', (t) => {
  const row = [[10, 20, 40]]
  const places = [0.5, 1, 2.25, 0, -0.5, -0.51, 2.5, 2.75, 3.5, 3.51]
  const points = places.map((x) => [x, 0.5, x, 0.5])
  assertClose(t, align(row, points, oneSample), [10, 15, 35, 10, 10, 0, 40, 40, 40, 0])
  const column = row[0].map((value) => [value])
  const turned = points.map(([x1, y1, x2, y2]) => [y1, x1, y2, x2])
  assertClose(t, align(column, turned, oneSample), [10, 15, 35, 10, 10, 0, 40, 40, 40, 0])
})

test('every region reads the map of its level and its image', (t) => {
  const constant = (size: number, values: number[]) =>
    tf.concat(values.map((value) => tf.fill([1, size, size, 1], value))) as tf.Tensor4D
  const pyramid = { features: [constant(8, [1, 2]), constant(4, [10, 20])], strides: [4, 8] }
  const roi = [3, 4, 25, 20]
  const values = roiAlign(
    pyramid,
    tf.tensor3d([
      [roi, roi, roi],
      [roi, roi, roi],
    ]),
    tf.tensor2d(
      [
        [0, 1, 1],
        [1, 0, 0],
      ],
      [2, 3],
      'int32',
    ),
    oneSample,
  )
  assertClose(t, values, [1, 10, 10, 20, 2, 2])
})

test('a region of negative size is its positive one, mirrored', (t) => {
  const options = { outputSize: 3, samplingRatio: 2 }
  const values = align(ramp, [[2, 1, 7, 6]], options)
  assertClose(t, align(ramp, [[7, 1, 2, 6]], options), tf.reverse(values, 2))
  assertClose(t, align(ramp, [[2, 6, 7, 1]], options), tf.reverse(values, 1))
})

test('the gradient is what a small step changes', (t) => {
  const random = new Random(1, 'maps')
  const shape: [number, number, number, number] = [1, 3, 4, 2]
  const x = Float32Array.from({ length: 24 }, () => random.normal())
  const rois = tf.tensor3d([
    [
      [-1, 0.5, 2, 3],
      [1, 1, 1, 1],
      [2, 3, 6, -1],
    ],
  ])
  const levels = tf.zeros([1, 3], 'int32') as tf.Tensor2D
  const sum = (map: tf.Tensor) => {
    const features = [map as tf.Tensor4D]
    const y = roiAlign({ features, strides: [1] }, rois, levels, { outputSize: 2 })
    return tf.sum(tf.mul(y, tf.reshape(tf.sin(tf.range(0, y.size)), y.shape))) as tf.Scalar
  }
  const at = (values: Float32Array) => sum(tf.tensor4d(values, shape)).dataSync()[0]
  const step = 0.5 // values are linear in the features
  const differences = Array.from(x, (_, i) => {
    const moved = (by: number) => at(x.map((value, j) => (i === j ? value + by : value)))
    return (moved(step) - moved(-step)) / (2 * step)
  })
  assertClose(t, tf.grad(sum)(tf.tensor4d(x, shape)), differences, 1e-5)
  t.true(differences.some((value) => Math.abs(value) > 0.1))
})

interface AlignSetting {
  strides: number[]
  outputSize: number
  samplingRatio: number
}

interface AlignCase extends AlignSetting {
  title: string
  maps: PackedTensor[]
  rois: PackedTensor
  levels: number[][]
  values: PackedTensor
  gradients: PackedTensor[]
}

interface AlignInputs {
  [name: string]: tf.Tensor | readonly tf.Tensor[]
  maps: readonly tf.Tensor[]
  rois: tf.Tensor
  levels: tf.Tensor
}

const cases = readFixture<AlignCase[]>('roi_align.json')

function inputsOf({ maps, rois, levels }: AlignCase) {
  return {
    maps: maps.map((map) => floats(unpack(map), map.shape)),
    rois: floats(unpack(rois), rois.shape),
    levels: ints(levels.flat(), [levels.length, levels[0].length]),
  }
}

/** Values, and gradients of their sum weighted with sin(1), sin(2), ... */
const aligned =
  ({ strides, outputSize, samplingRatio }: AlignSetting) =>
  ({ maps, rois, levels }: AlignInputs) => {
    const valuesOf = (features: readonly tf.Tensor[]) =>
      roiAlign(
        { features: features as tf.Tensor4D[], strides },
        rois as tf.Tensor3D,
        levels as tf.Tensor2D,
        { outputSize, samplingRatio },
      )
    const weighted = (...features: tf.Tensor[]) => {
      const values = valuesOf(features)
      const weights = Float32Array.from({ length: values.size }, (_, i) => Math.sin(i + 1))
      return tf.sum(tf.mul(values, tf.tensor(weights, values.shape))) as tf.Scalar
    }
    return { values: valuesOf(maps), gradients: tf.grads(weighted)([...maps]) }
  }

for (const engine of ['tfjs', 'onnxruntime'] as const) {
  for (const reference of cases) {
    test(`${reference.title}: values and gradients are torchvision's, run by ${engine}`, async (t) => {
      const compiled = compile(aligned(reference), { name: 'align', engine })
      const { values, gradients } = await compiled.run(inputsOf(reference))
      await compiled.dispose()
      t.deepEqual(values.shape, reference.values.shape)
      assertClose(t, values.data, unpack(reference.values))
      for (const [i, gradient] of reference.gradients.entries()) {
        t.deepEqual(gradients[i].shape, gradient.shape)
        assertClose(t, gradients[i].data, unpack(gradient))
      }
    })
  }
}

for (const reference of cases) {
  test(`${reference.title}: traced, values and gradients are as eager`, async (t) => {
    await tracedEqualsEager(t, aligned(reference), inputsOf(reference))
  })
}

test('traced, a map without a region has a gradient of exactly 0', async (t) => {
  const reference = cases.find(({ title }) => title === 'no region on the finest map') as AlignCase
  const compiled = compile(aligned(reference), { name: 'align' })
  const { gradients } = await compiled.run(inputsOf(reference))
  await compiled.dispose()
  t.true(gradients[0].data.every((value) => value === 0))
  t.true(gradients[1].data.some((value) => value !== 0))
})

/** 128 regions on maps with several tiles, 64 channels. */
function crowd() {
  const random = new Random(2, 'crowd')
  const sizes = [
    [80, 60],
    [40, 30],
  ]
  const maps = sizes.map(([h, w]) => {
    const data = Float32Array.from({ length: h * w * 64 }, () => random.normal())
    return floats(data, [1, h, w, 64])
  })
  const rois = Array.from({ length: 128 }, () => {
    const [x, y] = [240 * random.uniform(), 320 * random.uniform()]
    return [x, y, x + 120 * random.uniform(), y + 90 * random.uniform()]
  })
  return {
    maps,
    rois: floats(rois.flat(), [1, 128, 4]),
    levels: ints(
      rois.map((_, i) => i % 2),
      [1, 128],
    ),
  }
}

const crowdSetting: AlignSetting = { strides: [4, 8], outputSize: 7, samplingRatio: 2 }

test('traced, the gradient repeats bit for bit', async (t) => {
  const compiled = compile(aligned(crowdSetting), { name: 'align' })
  const inputs = crowd()
  const first = await compiled.run(inputs)
  for (let i = 0; i < 5; i++) t.deepEqual(await compiled.run(inputs), first)
  await compiled.dispose()
})

test('traced, many regions are read as few are', async (t) => {
  const { maps, rois, levels } = crowd()
  const wide = maps.map((map) => floats(repeat(map.data, 4), [...map.shape.slice(0, 3), 256]))
  const values = ({ maps, rois, levels }: AlignInputs) => ({
    y: roiAlign(
      { features: maps as unknown as tf.Tensor4D[], strides: [4, 8] },
      rois as tf.Tensor3D,
      levels as tf.Tensor2D,
      { outputSize: 7 },
    ),
  })
  const compiled = compile(values, { name: 'align' })
  const all = await compiled.run({ maps: wide, rois, levels })
  const few = await compiled.run({
    maps: wide,
    rois: floats(rois.data.slice(4 * 108), [1, 20, 4]),
    levels: ints(levels.data.slice(108), [1, 20]),
  })
  await compiled.dispose()
  t.deepEqual(all.y.shape, [128, 7, 7, 256])
  assertClose(t, all.y.data.slice(108 * 49 * 256), few.y.data)
})

/**
 * Values of the last axis, side by side `count` times; which belong to which cell does not matter.
 */
function repeat(values: ArrayLike<number>, count: number): Float32Array {
  return Float32Array.from({ length: values.length * count }, (_, i) => values[i % values.length])
}

test('traced, maps that a convolution left channel by channel are gathered cell by cell', async (t) => {
  const throughConv = ({ maps, rois, levels }: AlignInputs) => {
    const kernel = tf.reshape(tf.eye(3), [1, 1, 3, 3]) as tf.Tensor4D
    const convolved = maps.map((map) => tf.conv2d(map as tf.Tensor4D, kernel, 1, 'valid'))
    return aligned(cases[1])({ maps: convolved, rois, levels })
  }
  await tracedEqualsEager(t, throughConv, inputsOf(cases[1]))
  const { nodes } = trace('align', throughConv, inputsOf(cases[1]))
  const gathers = nodes.filter(({ op }) => op === 'Gather')
  t.true(gathers.length > 0)
  t.true(gathers.every(({ attributes }) => attributes.axis === 0))
})
