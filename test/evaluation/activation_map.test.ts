import test from 'ava'
import { ResNet, SwinTransformer } from '../../backbones/index.js'
import { type Detector, RetinaNet } from '../../detectors/index.js'
import {
  activationStride,
  classMask,
  compileClassActivation,
  compileMeanActivation,
  stretchActivation,
} from '../../evaluation/activation_map.js'
import { RetinaHead } from '../../heads/index.js'
import { floats, type HostTensor } from '../../host_tensor.js'
import { FPN } from '../../necks/index.js'
import { Random } from '../../nn/index.js'
import { smallMaskRcnn } from '../deploy/small_mask_rcnn.js'
import { smallRetinaNet } from '../deploy/small_retinanet.js'
import { colorMaskRcnn, colorRetinaNet, darkRetinaNet, STRIDE } from '../deploy/square_detectors.js'
import { assertClose } from '../helpers/assert_close.js'

const CELLS = 4
const SIDE = CELLS * STRIDE
/** Cells, row and column, that are filled with a colour. */
const RED = [1, 2]
const BLUE = [3, 0]
const YELLOW = [0, 0]

/** Black with a red, a blue and a yellow square. */
function squares(): { images: HostTensor; imageSizes: HostTensor } {
  const data = new Uint8Array(SIDE * SIDE * 3)
  for (const [[row, column], color] of [
    [RED, [255, 0, 0]],
    [BLUE, [0, 0, 255]],
    [YELLOW, [255, 255, 0]],
  ])
    for (let y = 0; y < STRIDE; y++)
      for (let x = 0; x < STRIDE; x++)
        data.set(color, 3 * ((row * STRIDE + y) * SIDE + column * STRIDE + x))
  return {
    images: { dtype: 'uint8', shape: [1, SIDE, SIDE, 3], data },
    imageSizes: floats([SIDE, SIDE], [1, 2]),
  }
}

/** `[CELLS, CELLS]` with values at cells, 0 elsewhere. */
function mapWith(...cells: [cell: number[], value: number][]): number[] {
  const map = new Array<number>(CELLS * CELLS).fill(0)
  for (const [[row, column], value] of cells) map[row * CELLS + column] = value
  return map
}

async function classMap(detector: Detector, label: number): Promise<HostTensor> {
  const compiled = compileClassActivation(detector)
  const map = await compiled.run({ ...squares(), classMask: classMask(label, 2) })
  await compiled.dispose()
  return map
}

// The best cell of class 0 is the red one, of logit 1 (yellow has 1/2). Its gradient there is 1 for
// the red channel and -1/2 for the green one, so that their weights are 1/16 and -1/32.
test('a class lights up where its channels answer, weighted by their gradients', async (t) => {
  const map = await classMap(colorRetinaNet(), 0)
  t.deepEqual(map.shape, [CELLS, CELLS])
  assertClose(t, map.data, mapWith([RED, 1 / 16], [YELLOW, 1 / 32]))
  assertClose(t, (await classMap(colorRetinaNet(), 1)).data, mapWith([BLUE, 1 / 16]))
})

test('what weighs against a class is cut off', async (t) => {
  const detector = colorRetinaNet()
  const { weight } = detector.bbox_head.retina_cls
  weight.data[1 * 9 + 4] = -1.5 // now yellow speaks against class 0
  assertClose(t, (await classMap(detector, 0)).data, mapWith([RED, 1 / 16]))
})

test('in a two-stage detector the best proposal decides which channels count', async (t) => {
  const red = await classMap(colorMaskRcnn(), 0)
  const peak = Math.max(...red.data)
  t.true(peak > 0)
  const scaled = Array.from(red.data, (value) => value / peak)
  assertClose(t, scaled, mapWith([RED, 1], [YELLOW, 1]))
  const blue = await classMap(colorMaskRcnn(), 1)
  const bluePeak = Math.max(...blue.data)
  assertClose(
    t,
    Array.from(blue.data, (value) => value / bluePeak),
    mapWith([BLUE, 1]),
  )
})

test('without a class the map is the mean of all channels', async (t) => {
  const compiled = compileMeanActivation(colorRetinaNet())
  const map = await compiled.run(squares())
  assertClose(t, map.data, mapWith([RED, 1 / 3], [BLUE, 1 / 3], [YELLOW, 2 / 3]))
})

test('padding is no evidence', async (t) => {
  // All of the image is red, which gives a logit of 1; the black behind it would give 3, and speak
  // against red.
  const data = new Uint8Array(32 * 64 * 3)
  for (let y = 0; y < 32; y++) for (let x = 0; x < 32; x++) data[3 * (y * 64 + x)] = 255
  const compiled = compileClassActivation(darkRetinaNet())
  const map = await compiled.run({
    images: { dtype: 'uint8', shape: [1, 32, 64, 3], data },
    imageSizes: floats([32, 32], [1, 2]),
    classMask: classMask(0, 2),
  })
  // all 16 of 32 cells are the best, each with a gradient of 1
  const row = [0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0]
  assertClose(t, map.data, [row, row, row, row].flat())
})

test('traced equals eager on networks of several maps, classes apart', async (t) => {
  const random = new Random('activation map')
  const data = Uint8Array.from({ length: 64 * 96 * 3 }, () => random.integer(256))
  const inputs = {
    images: { dtype: 'uint8', shape: [1, 64, 96, 3], data } as const,
    imageSizes: floats([60, 90], [1, 2]),
  }
  for (const detector of [
    await smallRetinaNet(),
    await smallMaskRcnn(),
    await smallRetinaNet('train'),
  ]) {
    const [traced, eager] = (['onnxruntime', 'tfjs'] as const).map((engine) => ({
      mean: compileMeanActivation(detector, { engine }),
      ofClass: compileClassActivation(detector, { engine }),
    }))
    const mean = await traced.mean.run(inputs)
    assertClose(t, mean.data, (await eager.mean.run(inputs)).data, 1e-4)
    const stride = activationStride(detector)
    t.deepEqual(mean.shape, [64 / stride, 96 / stride])

    const maps: number[][] = []
    for (const label of [0, 2]) {
      const asked = { ...inputs, classMask: classMask(label, 3) }
      const map = Array.from((await traced.ofClass.run(asked)).data)
      const peak = Math.max(...map)
      const reference = Array.from((await eager.ofClass.run(asked)).data)
      assertClose(
        t,
        map.map((value) => value / peak),
        reference.map((value) => value / peak),
        1e-3,
      )
      t.true(map.every((value) => value >= 0))
      maps.push(map)
    }
    t.notDeepEqual(maps[0], maps[1])
  }
})

test('a map is stretched between the centres of its cells, from 0 to 1', (t) => {
  const frame = { inputSize: [8, 16], imageSize: [2, 4], stride: 8 } as const
  // Along the row the centres of the pixels lie at 0, 1/4, 3/4 and 1 of the way between the cells.
  const stretched = stretchActivation(floats([3, 7], [1, 2]), frame)
  assertClose(t, stretched, [0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1])
})

test('the part of a map behind its image is not used', (t) => {
  const frame = { inputSize: [16, 8], imageSize: [4, 2], stride: 8 } as const
  const map = floats([0, 1000, 4, 1000, 1000, 1000], [3, 2])
  const stretched = stretchActivation(map, frame)
  t.is(stretched.length, 8)
  assertClose(t, [stretched[0], stretched[6]], [0, 1])
})

test('of an image that is seen in part, the map lies on that part, and 0 around it', (t) => {
  const part = { top: 0, left: 1, height: 2, width: 4 }
  const frame = { inputSize: [8, 16], imageSize: [2, 6], stride: 8, part } as const
  const row = [0, 0, 0.25, 0.75, 1, 0]
  assertClose(t, stretchActivation(floats([3, 7], [1, 2]), frame), [...row, ...row])
  const whole = { top: 0, left: 0, height: 2, width: 6 }
  const map = floats([3, 7], [1, 2])
  const [given, left] = [whole, undefined].map((part) => stretchActivation(map, { ...frame, part }))
  t.deepEqual(given, left)
})

test('a map of one value is 0 everywhere', (t) => {
  const frame = { inputSize: [8, 8], imageSize: [3, 3], stride: 8 } as const
  assertClose(t, stretchActivation(floats([7], [1, 1]), frame), new Array(9).fill(0))
})

test('any backbone will do: one of windows, one of residual blocks', async (t) => {
  const backbones = [
    new SwinTransformer({ embedDim: 8, depths: [1, 2], numHeads: [1, 2], windowSize: 4 }),
    new ResNet({ depth: 18, outIndices: [1, 2] }),
  ]
  for (const backbone of backbones) {
    const { outChannels, strides } = backbone
    const neck = new FPN({
      inChannels: outChannels,
      inStrides: strides,
      outChannels: 8,
      numOuts: strides.length,
    })
    const head = new RetinaHead({
      ...{ numClasses: 3, inChannels: 8, featChannels: 8, stackedConvs: 1 },
      anchors: { strides: [...strides] },
    })
    const detector = new RetinaNet({ backbone, neck, head }).initialize(3)
    const { weight } = head.retina_cls
    const random = new Random('any backbone')
    weight.data = weight.data.map(() => random.normal())
    const stride = activationStride(detector)
    t.is(stride, strides[strides.length - 1])
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, () => random.integer(256))
    const images = { dtype: 'uint8', shape: [1, 64, 64, 3], data } as const
    const compiled = compileClassActivation(detector)
    const map = await compiled.run({
      images,
      imageSizes: floats([64, 64], [1, 2]),
      classMask: classMask(1, 3),
    })
    t.deepEqual(map.shape, [64 / stride, 64 / stride])
    t.true(map.data.every((value) => value >= 0 && Number.isFinite(value)))
    t.true(Math.max(...map.data) > 0)
  }
})
