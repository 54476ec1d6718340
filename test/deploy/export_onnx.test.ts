import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { Tensor } from 'onnxruntime-node'
import { loadOnnxruntimeNode } from '../../bench/onnxruntime_node.js'
import { exportOnnx } from '../../deploy/export_onnx.js'
import { reparameterize } from '../../deploy/reparameterize.js'
import { compile } from '../../engine/index.js'
import { ConfigError, DataError } from '../../errors.js'
import { compilePredict, wholeFrames } from '../../evaluation/predictor.js'
import { floats, type HostTensor, sizeOf } from '../../host_tensor.js'
import { Conv2d, functionalCall, Random } from '../../nn/index.js'
import type * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { smallMaskRcnn } from './small_mask_rcnn.js'
import { smallRetinaNet } from './small_retinanet.js'

const shape = [64, 96] as const
const ort = await loadOnnxruntimeNode()
const folder = await mkdtemp(join(tmpdir(), 'vanilladet-export-'))
test.after.always(() => rm(folder, { recursive: true }))

function pixels(batch: number): HostTensor {
  const random = new Random('pixels')
  const values = Uint8Array.from({ length: batch * 64 * 96 * 3 }, () => random.integer(256))
  return { dtype: 'uint8', shape: [batch, ...shape, 3], data: values }
}

/** Runs a file in ONNX Runtime alone, without our engine. */
async function runFile(path: string, images: HostTensor): Promise<Record<string, Tensor>> {
  const session = await ort.InferenceSession.create(path)
  const { dtype, data } = images
  const feeds = { images: new ort.Tensor(dtype, data as Float32Array, [...images.shape]) }
  const results = await session.run(feeds)
  await session.release()
  return results as Record<string, Tensor>
}

for (const form of ['train', 'deploy'] as const) {
  test(`the model of the ${form} form detects what predict detects`, async (t) => {
    const path = join(folder, `model_${form}.onnx`)
    const detector = await smallRetinaNet(form)
    const images = pixels(2)
    const file = await exportOnnx(detector, path, { shape, batch: 2 })
    t.deepEqual(file.inputs, [{ name: 'images', dtype: 'uint8', shape: [2, 64, 96, 3] }])
    t.deepEqual(file.outputs, [
      { name: 'boxes', dtype: 'float32', shape: [2, 20, 4] },
      { name: 'scores', dtype: 'float32', shape: [2, 20] },
      { name: 'labels', dtype: 'int32', shape: [2, 20] },
    ])
    t.is(file.bytes, (await readFile(path)).byteLength)

    const predict = compilePredict(detector)
    const imageSizes = floats([64, 96, 64, 96], [2, 2])
    const scaleFactors = floats([1, 1, 1, 1, 1, 1, 1, 1], [2, 4])
    const expected = await predict.run({ images, imageSizes, scaleFactors })
    await predict.dispose()
    const { boxes, scores, labels } = await runFile(path, images)
    t.deepEqual(Array.from(labels.data as Int32Array), Array.from(expected.labels.data))
    assertClose(t, boxes.data as Float32Array, expected.boxesXyxy.data, 1e-4)
    assertClose(t, scores.data as Float32Array, expected.scores.data)
    t.deepEqual(boxes.dims, [2, 20, 4])
    t.true(Math.max(...(labels.data as Int32Array)) >= 0, 'something is detected')
  })
}

for (const part of ['model', 'backbone'] as const) {
  test(`the ${part} of a network in deep training keeps its lambda`, async (t) => {
    const detector = await smallRetinaNet('train')
    const images =
      part === 'model' ? pixels(1) : floats(Float32Array.from(pixels(1).data), [1, 3, 64, 96])
    const valuesAt = async (lambda?: number) => {
      const path = join(folder, `${part}_${lambda}.onnx`)
      await exportOnnx(detector, path, { part, shape, lambda })
      const { scores, feature_0 } = await runFile(path, images)
      return (scores ?? feature_0).data as Float32Array
    }
    const [half, one, unnamed] = [await valuesAt(0.5), await valuesAt(1), await valuesAt()]
    t.deepEqual(one, unnamed)
    t.notDeepEqual(half, one)
    if (part === 'backbone') return
    const predict = compilePredict(detector, { lambda: 0.5 })
    const expected = await predict.run({ images, ...wholeFrames(images.shape) })
    await predict.dispose()
    assertClose(t, half, expected.scores.data)
  })
}

test('a model that segments has masks too, and only standard operators', async (t) => {
  const path = join(folder, 'mask_rcnn.onnx')
  const detector = await smallMaskRcnn()
  const images = pixels(2)
  const file = await exportOnnx(detector, path, { shape, batch: 2 })
  t.deepEqual(file.inputs, [{ name: 'images', dtype: 'uint8', shape: [2, 64, 96, 3] }])
  t.deepEqual(file.outputs, [
    { name: 'boxes', dtype: 'float32', shape: [2, 12, 4] },
    { name: 'scores', dtype: 'float32', shape: [2, 12] },
    { name: 'labels', dtype: 'int32', shape: [2, 12] },
    { name: 'masks', dtype: 'float32', shape: [2, 12, 28, 28] },
  ])
  t.false((await readFile(path, 'latin1')).includes('com.microsoft'))

  const predict = compilePredict(detector)
  const expected = await predict.run({ images, ...wholeFrames(images.shape) })
  await predict.dispose()
  const { boxes, scores, labels, masks } = await runFile(path, images)
  const classes = Array.from(labels.data as Int32Array)
  t.deepEqual(classes, Array.from(expected.labels.data))
  t.true(new Set(classes).size > 1)
  assertClose(t, scores.data as Float32Array, expected.scores.data)
  const box = (data: ArrayLike<number>, i: number) => Array.from(data).slice(4 * i, 4 * i + 4)
  const grid = (data: ArrayLike<number>, i: number) =>
    Array.from(data).slice(784 * i, 784 * (i + 1))
  let painted = 0
  for (const [i, label] of classes.entries()) {
    if (label < 0) continue
    const [found, wanted] = [boxes.data as Float32Array, expected.boxesXyxy.data].map((data) =>
      box(data, i),
    )
    for (const [side, value] of found.entries()) t.true(Math.abs(value - wanted[side]) < 0.1)
    const a = pasted(grid(masks.data as Float32Array, i), found)
    const b = pasted(grid(expected.masks!.data, i), wanted)
    const both = a.filter((inside, pixel) => inside && b[pixel]).length
    const either = a.filter((inside, pixel) => inside || b[pixel]).length
    t.true(both >= 0.99 * either, `mask ${i}: ${both} of ${either}`)
    if (either > 0 && either < 64 * 96) painted++
  }
  t.true(painted > 10)
})

/**
 * A grid stretched over its box, `[64, 96]`: bilinear about cell centres, 0 around it, 0.5 or more
 * is inside.
 */
function pasted(grid: number[], [x1, y1, x2, y2]: number[]): boolean[] {
  const cell = (row: number, column: number) =>
    row >= 0 && column >= 0 && row < 28 && column < 28 ? grid[28 * row + column] : 0
  return Array.from({ length: 64 * 96 }, (_, i) => {
    const x = (28 * ((i % 96) + 0.5 - x1)) / (x2 - x1) - 0.5
    const y = (28 * (Math.floor(i / 96) + 0.5 - y1)) / (y2 - y1) - 0.5
    const [left, top] = [Math.floor(x), Math.floor(y)]
    const across = (row: number) =>
      cell(row, left) * (left + 1 - x) + cell(row, left + 1) * (x - left)
    return across(top) * (top + 1 - y) + across(top + 1) * (y - top) >= 0.5
  })
}

test('the backbone takes and gives channels first, with no Transpose in the file', async (t) => {
  const path = join(folder, 'backbone.onnx')
  const { backbone } = await smallRetinaNet()
  const file = await exportOnnx(backbone, path, { part: 'backbone', shape })
  t.deepEqual(file.inputs, [{ name: 'images', dtype: 'float32', shape: [1, 3, 64, 96] }])
  t.deepEqual(file.outputs, [
    { name: 'feature_0', dtype: 'float32', shape: [1, 12, 8, 12] },
    { name: 'feature_1', dtype: 'float32', shape: [1, 16, 4, 6] },
  ])
  t.false((await readFile(path, 'latin1')).includes('Transpose'))

  const random = new Random('normalised')
  const planes = Float32Array.from({ length: 3 * 64 * 96 }, () => random.normal())
  const actual = await runFile(path, floats(planes, [1, 3, 64, 96]))
  const forward = compile(
    ({ images }: { images: tf.Tensor }) => backbone.forward(images as tf.Tensor4D),
    { name: 'forward', engine: 'tfjs' },
  )
  const expected = await forward.run({ images: channelsLast(floats(planes, [1, 3, 64, 96])) })
  for (const [i, feature] of expected.entries()) {
    const given = actual[`feature_${i}`]
    const found = channelsLast(floats(given.data as Float32Array, given.dims))
    assertClose(t, found.data, feature.data, 1e-4)
  }
})

/** `[1, c, h, w]` to `[1, h, w, c]`. */
function channelsLast({ shape, data }: HostTensor): HostTensor {
  const [, channels, height, width] = shape
  const cells = height * width
  const moved = Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => data[(i % channels) * cells + Math.floor(i / channels)],
  )
  return floats(moved, [1, height, width, channels])
}

test('a detector gives the same backbone file as its backbone', async (t) => {
  const detector = await smallRetinaNet()
  const paths = ['of_detector.onnx', 'of_backbone.onnx'].map((name) => join(folder, name))
  await exportOnnx(detector, paths[0], { part: 'backbone', shape })
  await exportOnnx(detector.backbone, paths[1], { part: 'backbone', shape })
  t.deepEqual(await readFile(paths[0]), await readFile(paths[1]))
})

test('weights are those of the moment of export, and the detector stays usable', async (t) => {
  const detector = await smallRetinaNet()
  const paths = ['before.onnx', 'after.onnx', 'again.onnx'].map((name) => join(folder, name))
  await exportOnnx(detector, paths[0], { shape })
  const { bias } = detector.bbox_head.retina_reg
  const initial = bias!.data
  bias!.data = initial.map((value) => value + 1)
  await exportOnnx(detector, paths[1], { shape })
  bias!.data = initial
  await exportOnnx(detector, paths[2], { shape })
  const [before, after, again] = await Promise.all(paths.map((path) => readFile(path)))
  t.notDeepEqual(before, after)
  t.deepEqual(before, again)
})

test('a captured parameter can be used eagerly after an export', async (t) => {
  const { backbone } = await smallRetinaNet()
  await exportOnnx(backbone, join(folder, 'captured.onnx'), { part: 'backbone', shape: [32, 32] })
  const [, parameter] = backbone.namedParameters()[0]
  assertClose(t, parameter.value, parameter.data, 0)
  const state = Object.fromEntries(backbone.namedParameters().map(([name, p]) => [name, p.value]))
  t.notThrows(() => functionalCall(backbone, state, () => undefined))
})

test('a merged detector exports its merged backbone', async (t) => {
  const detector = await smallRetinaNet('train')
  const path = join(folder, 'merged.onnx')
  const trained = await exportOnnx(detector, path, { part: 'backbone', shape })
  await reparameterize(detector, { imageSize: [32, 32] })
  const merged = await exportOnnx(detector, path, { part: 'backbone', shape })
  t.true(merged.bytes < trained.bytes)
  t.deepEqual(merged.outputs, trained.outputs)
})

test('a path that cannot be written is refused, and nothing is left', async (t) => {
  const path = join(folder, 'a_folder')
  await mkdir(path)
  const error = await t.throwsAsync(exportOnnx(await smallRetinaNet(), path, { shape: [32, 32] }), {
    instanceOf: DataError,
  })
  t.regex(error.message, /a_folder: cannot be written \(E[A-Z]+\); give another path$/)
  t.false(existsSync(`${path}.tmp`))
  t.deepEqual(await readdir(path), [])
})

test('a part that the model does not have is refused', async (t) => {
  const path = join(folder, 'refused.onnx')
  const { backbone } = await smallRetinaNet()
  const message =
    '--part is model, but VanillaNet neither detects nor classifies; use --part backbone'
  await t.throwsAsync(exportOnnx(backbone, path, { shape }), { instanceOf: ConfigError, message })
  const conv = new Conv2d({ inChannels: 3, outChannels: 3, kernelSize: 1 })
  await t.throwsAsync(exportOnnx(conv, path, { part: 'backbone', shape }), {
    instanceOf: ConfigError,
    message: '--part is backbone, but Conv2d has none; use --part model',
  })
  t.false(existsSync(path))
})
