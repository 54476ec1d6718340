/** Backbones, necks, heads and whole detectors in training loops that are TensorFlow.js's own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type Backbone, ResNet, SwinTransformer, VanillaNet } from '../../backbones/index.js'
import { matrixProduct } from '../../deploy/reparameterize.js'
import type { Detector, TrainBatch } from '../../detectors/detector.js'
import { toTensor } from '../../engine/tensors.js'
import type { HostTensor } from '../../host_tensor.js'
import { FPN } from '../../necks/index.js'
import { type BatchNorm, Conv2d, type ForwardOptions, Module, Random } from '../../nn/index.js'
import { resizeNearest } from '../../ops/index.js'
import * as tf from '../../tf/tf.js'
import { withNoise } from '../../training/draw_noise.js'
import { saveModel } from '../../training/index.js'
import { readSafetensors } from '../../weights/index.js'
import { objectBatch } from '../datasets/object_batch.js'
import { smallRetinaNet } from '../deploy/small_retinanet.js'
import { tinyMaskRcnn } from '../detectors/tiny_mask_rcnn.js'
import { assertClose } from '../helpers/assert_close.js'

/** A map of one channel, as fine as the finest of the backbone's. */
class HeatMap<Net extends Backbone> extends Module {
  readonly neck: FPN
  readonly head = new Conv2d({ inChannels: 8, outChannels: 1, kernelSize: 3, padding: 1 })

  constructor(readonly backbone: Net) {
    super()
    const { outChannels: inChannels, strides: inStrides } = backbone
    this.neck = new FPN({ inChannels, inStrides, outChannels: 8, numOuts: 2 })
  }

  override forward(images: tf.Tensor4D, options?: ForwardOptions): tf.Tensor4D {
    const maps = this.neck.forward(this.backbone.forward(images, options))
    const [finest, coarser] = maps.map((map) => this.head.forward(map))
    return tf.add(finest, resizeNearest(coarser, [finest.shape[1], finest.shape[2]]))
  }
}

const BACKBONES = {
  vanillaNet: () =>
    new VanillaNet({ dims: [8, 8, 12], strides: [1, 2], actNum: 1, outIndices: [0, 1] }),
  resNet: () =>
    new ResNet({
      depth: 18,
      baseChannels: 4,
      outIndices: [0, 1],
      frozenStages: 0,
      normEval: false,
    }),
  swin: () => new SwinTransformer({ embedDim: 8, depths: [1, 2], numHeads: [1, 2], windowSize: 4 }),
}

const IMAGES = tf.randomNormal([2, 32, 32, 3], 0, 1, 'float32', 1) as tf.Tensor4D
const TRAINING = { training: true }

/** How far the map is from four times the brightness of the cells. */
function lossOf(model: HeatMap<Backbone>, options: ForwardOptions = TRAINING): tf.Scalar {
  const map = model.forward(IMAGES, options)
  const cell = IMAGES.shape[1] / map.shape[1]
  const brightness = tf.avgPool(tf.mean(IMAGES, 3, true) as tf.Tensor4D, cell, cell, 'valid')
  return tf.mean(tf.square(tf.sub(map, tf.mul(brightness, 4)))) as tf.Scalar
}

function heatMap<Net extends Backbone>(backbone: Net, seed = 0): HeatMap<Net> {
  return new HeatMap(backbone).initialize(seed)
}

function copiesOf(module: Module): Record<string, number[]> {
  const states = Object.entries(module.stateDict())
  return Object.fromEntries(states.map(([name, values]) => [name, [...values]]))
}

/** Which of the weights, or of the buffers, are as they were. */
function unmoved(module: Module, before: Record<string, number[]>, trainable: boolean): string[] {
  const named = module.namedParameters().filter(([, p]) => p.trainable === trainable)
  return named
    .filter(([name, { data }]) => data.every((value, i) => value === before[name][i]))
    .map(([name]) => name)
}

for (const [name, backbone] of Object.entries(BACKBONES)) {
  test(`${name}: minimize lowers the loss and moves all weights, statistics too`, (t) => {
    const model = heatMap(backbone())
    const before = copiesOf(model)
    const optimizer = tf.train.adam(0.01)
    const losses: number[] = []
    for (let step = 0; step < 12; step++) {
      const loss = optimizer.minimize(() => lossOf(model), true)!
      losses.push(loss.dataSync()[0])
      loss.dispose()
    }
    t.true(losses[11] < 0.8 * losses[0], `${losses}`)
    t.deepEqual(unmoved(model, before, true), [])
    const frozen = /^backbone\.(conv1|bn1)\./ // frozenStages: 0
    t.deepEqual(
      unmoved(model, before, false).filter((buffer) => !frozen.test(buffer)),
      [],
    )
    optimizer.dispose()
    model.dispose()
  })
}

test.serial('memory is flat over 100 steps of minimize', (t) => {
  const model = heatMap(BACKBONES.vanillaNet())
  const optimizer = tf.train.adam(0.01)
  const sizes = new Set<string>()
  for (let step = 0; step < 100; step++) {
    optimizer.minimize(() => lossOf(model))
    const { numTensors, numBytes, numDataBuffers } = tf.memory()
    sizes.add(`${numTensors} tensors, ${numBytes} bytes, ${numDataBuffers} buffers`)
  }
  t.deepEqual([...sizes].length, 1, [...sizes].join('; '))
})

test.serial(
  'statistics move in a training pass without gradients, and nothing is left of it',
  (t) => {
    const model = heatMap(BACKBONES.vanillaNet())
    const { running_mean } = model.backbone.stem1![1] as BatchNorm
    const pass = () => tf.tidy(() => void lossOf(model))
    pass()
    const [mean, tensors] = [[...running_mean.data], tf.memory().numTensors]
    pass()
    t.notDeepEqual([...running_mean.data], mean)
    t.is(tf.memory().numTensors, tensors)
  },
)

test('without training, minimize leaves statistics alone', (t) => {
  const model = heatMap(BACKBONES.vanillaNet())
  const before = copiesOf(model)
  tf.train.sgd(0.01).minimize(() => lossOf(model, {}))
  t.deepEqual(unmoved(model, before, true), [])
  t.true(unmoved(model, before, false).length > 0)
  t.deepEqual(
    unmoved(model, before, false),
    Object.keys(before).filter((name) => name.includes('running')),
  )
})

test('variableGrads and grads give the gradients that minimize takes', (t) => {
  const model = heatMap(BACKBONES.vanillaNet())
  const variables = model.trainableVariables()
  const before = copiesOf(model)
  const { grads: named } = tf.variableGrads(() => lossOf(model, {}), variables)
  const listed = tf.grads(() => lossOf(model, {}))(variables)
  t.is(listed.length, variables.length)
  for (const [i, { name }] of variables.entries()) assertClose(t, named[name], listed[i])

  tf.train.sgd(0.1).minimize(() => lossOf(model, {}))
  const trained = model.namedParameters().filter(([, { trainable }]) => trainable)
  for (const [i, [name, { data }]] of trained.entries()) {
    const gradient = listed[i].dataSync()
    assertClose(
      t,
      data,
      before[name].map((value, j) => value - 0.1 * gradient[j]),
      1e-5,
    )
  }
})

test('gradients of variableGrads can be applied by their names', (t) => {
  const [one, other] = [heatMap(BACKBONES.vanillaNet()), heatMap(BACKBONES.vanillaNet())]
  const { grads } = tf.variableGrads(() => lossOf(one), one.trainableVariables())
  tf.train.sgd(0.1).applyGradients(grads)
  tf.train.sgd(0.1).minimize(() => lossOf(other))
  t.deepEqual(copiesOf(one), copiesOf(other))
})

test('a second copy of a model trains by itself', (t) => {
  const [one, other] = [heatMap(BACKBONES.vanillaNet()), heatMap(BACKBONES.vanillaNet())]
  const before = copiesOf(other)
  lossOf(other, {})
  tf.train.adam(0.01).minimize(() => lossOf(one))
  t.deepEqual(copiesOf(other), before)
  t.notDeepEqual(copiesOf(one), before)
})

test('one list of variables holds the rest back', (t) => {
  const model = heatMap(BACKBONES.vanillaNet())
  const before = copiesOf(model)
  tf.train.adam(0.01).minimize(() => lossOf(model, {}), false, model.head.trainableVariables())
  const rest = model.namedParameters().filter(([name]) => !name.startsWith('head.'))
  t.deepEqual(
    [...unmoved(model, before, true), ...unmoved(model, before, false)],
    rest.sort(([, a], [, b]) => Number(b.trainable) - Number(a.trainable)).map(([name]) => name),
  )
})

test('what was trained is saved, and merges into a deploy form that agrees', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'other-loops-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const model = heatMap(BACKBONES.vanillaNet())
  const optimizer = tf.train.adam(0.01)
  for (let step = 0; step < 5; step++) optimizer.minimize(() => lossOf(model))

  const path = join(folder, 'trained.safetensors')
  await saveModel(path, model, undefined)
  const { tensors } = await readSafetensors(path)
  for (const [name, { value }] of model.namedParameters())
    assertClose(t, tensors[name].data as Float32Array, value, 0)

  const merged = await model.backbone.reparameterized(matrixProduct)
  const [expected, features] = [model.backbone.forward(IMAGES), merged.forward(IMAGES)]
  for (const [i, feature] of features.entries()) assertClose(t, feature, expected[i], 1e-4)

  const again = heatMap(BACKBONES.vanillaNet(), 9)
  for (const [name, parameter] of again.namedParameters()) {
    parameter.data = tensors[name].data as Float32Array
  }
  assertClose(t, again.forward(IMAGES), model.forward(IMAGES), 0)
})

const { tensors } = objectBatch([
  {
    size: [64, 96],
    boxes: [
      [8, 10, 40, 44],
      [50, 4, 90, 30],
    ],
    labels: [0, 2],
  },
])

/** A batch of one image with the detector's noise, as tensors of TensorFlow.js. */
function batchOf(detector: Detector): TrainBatch {
  const { noise = {}, ...batch } = withNoise(detector, tensors, new Random('noise'))
  const eagerly = (record: Record<string, HostTensor>) =>
    Object.fromEntries(Object.entries(record).map(([name, host]) => [name, toTensor(host)]))
  return { ...eagerly(batch as never), noise: eagerly(noise as never) } as unknown as TrainBatch
}

function total(losses: Record<string, tf.Scalar>): tf.Scalar {
  const parts = Object.entries(losses).filter(([name]) => name.includes('loss'))
  return tf.addN(parts.map(([, loss]) => loss))
}

for (const [name, makeDetector] of Object.entries({
  RetinaNet: () => smallRetinaNet('train'),
  'Mask R-CNN': async () => tinyMaskRcnn(),
})) {
  test.serial(`a whole ${name} trains by minimize, in flat memory`, async (t) => {
    const detector: Detector = await makeDetector()
    const batch = batchOf(detector)
    const before = copiesOf(detector)
    const optimizer = tf.train.adam(0.003)
    const losses: number[] = []
    const tensorCounts = new Set<number>()
    for (let step = 0; step < 6; step++) {
      const loss = optimizer.minimize(() => total(detector.loss(batch, TRAINING)), true)!
      losses.push(loss.dataSync()[0])
      loss.dispose()
      tensorCounts.add(tf.memory().numTensors)
    }
    t.true(losses[5] < losses[0], `${losses}`)
    const still = unmoved(detector, before, true) // a level may have no sampled anchor
    t.deepEqual(
      still.filter((name) => !name.startsWith('neck.fpn_convs.3.')),
      [],
    )
    t.is(tensorCounts.size, 1, `${[...tensorCounts]}`)
  })
}
