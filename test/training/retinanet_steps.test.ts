import test from 'ava'
import { type Backbone, ResNet, VanillaNet } from '../../backbones/index.js'
import { RetinaNet } from '../../detectors/index.js'
import { openMemory } from '../../engine/index.js'
import { RetinaHead } from '../../heads/index.js'
import { floats, type HostTensor, ints } from '../../host_tensor.js'
import { FPN } from '../../necks/index.js'
import { Random, randomizeNorms } from '../../nn/index.js'
import { makeOptimizer, type OptimizerOptions, TrainState } from '../../training/index.js'
import { singleBatchIterations } from '../../training/iteration.js'
import { assertClose } from '../helpers/assert_close.js'
import { readAll } from './read_all.js'

const SHAPE = [64, 96]

/** Two taps, channels in blocks of 16, so that every lowering of the real network is met. */
function vanillaNet(): Backbone {
  return new VanillaNet({
    dims: [16, 16, 32],
    strides: [2, 2],
    actNum: 1,
    outIndices: [0, 1],
  })
}

/** One level more than the backbone has, whose strides are 8, 16 and so on. */
function tinyRetinaNet(backbone: Backbone): RetinaNet {
  const neck = new FPN({
    inChannels: backbone.outChannels,
    inStrides: backbone.strides,
    outChannels: 8,
    numOuts: backbone.strides.length + 1,
    addExtraConvs: 'on_input',
  })
  const head = new RetinaHead({
    numClasses: 3,
    inChannels: 8,
    featChannels: 8,
    stackedConvs: 1,
    anchors: { strides: [8, 16, 32, 64].slice(0, neck.strides.length), octaveBaseScale: 2 },
  })
  const detector = new RetinaNet({ backbone, neck, head }).initialize(3)
  randomizeNorms(detector, 4)
  return detector
}

/** Two images of noise, the second one smaller than the batch; two objects and one. */
function batch() {
  const random = new Random('retinanet steps')
  const [height, width] = SHAPE
  const pixels = Uint8Array.from({ length: 2 * height * width * 3 }, () => random.integer(256))
  const boxes = [8, 10, 40, 44, 50, 4, 90, 30, 4, 4, 30, 50, 0, 0, 0, 0]
  return {
    images: { dtype: 'uint8' as const, shape: [2, height, width, 3], data: pixels },
    imageSizes: floats([64, 96, 60, 70], [2, 2]),
    boxesXyxy: floats(boxes, [2, 2, 4]),
    labels: ints([0, 2, 1, -1], [2, 2]),
  }
}

/** Losses and weights after each of three steps. */
async function threeSteps(
  options: OptimizerOptions,
  engine: 'onnxruntime' | 'tfjs',
  backbone = vanillaNet(),
) {
  const detector = tinyRetinaNet(backbone)
  const trainable = detector.namedParameters().filter(([, parameter]) => parameter.trainable)
  const shapes = Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
  const optimizer = makeOptimizer(options, shapes)
  const memory = openMemory({ engine })
  const state = TrainState.of(detector, optimizer.slots, { ema: false, memory })
  const iterations = singleBatchIterations(detector, state, { optimizer, compute: { engine } })
  const losses: number[] = []
  for (const step of [1, 2, 3]) {
    const { learningRate } = options
    const inputs = { batches: [batch()], learningRate, step, lambda: 1 }
    const { metrics } = await iterations.run(inputs)
    losses.push(metrics.loss_cls, metrics.loss_bbox)
  }
  await iterations.dispose()
  const { parameters, buffers } = readAll(state.current)
  return { losses, parameters, buffers, tensors: Object.values({ ...parameters, ...buffers }) }
}

const numbers = (tensors: HostTensor[]) => tensors.flatMap(({ data }) => Array.from(data))

test('three steps of a tiny RetinaNet with SGD are the same traced and eager', async (t) => {
  const sgd: OptimizerOptions = {
    type: 'SGD',
    learningRate: 0.01,
    momentum: 0.9,
    weightDecay: 1e-4,
  }
  const [traced, eager] = [await threeSteps(sgd, 'onnxruntime'), await threeSteps(sgd, 'tfjs')]
  assertClose(t, traced.losses, eager.losses, 1e-4)
  assertClose(t, numbers(traced.tensors), numbers(eager.tensors), 1e-4)
  t.true(traced.losses[4] < traced.losses[0])
})

// A bias before a BatchNorm has a gradient of rounding errors only, of which AdamW makes whole
// steps, so that weights are not compared: those biases do not change the losses.
test('three steps of a tiny RetinaNet with AdamW have the same losses', async (t) => {
  const adamW: OptimizerOptions = { type: 'AdamW', learningRate: 1e-3, weightDecay: 0.05 }
  const [traced, eager] = [await threeSteps(adamW, 'onnxruntime'), await threeSteps(adamW, 'tfjs')]
  assertClose(t, traced.losses, eager.losses, 1e-4)
  t.true(traced.losses[4] < traced.losses[0])
})

test('three steps of a tiny RetinaNet with ResNet move neither frozen weights nor statistics', async (t) => {
  const sgd: OptimizerOptions = {
    type: 'SGD',
    learningRate: 0.01,
    momentum: 0.9,
    weightDecay: 1e-4,
  }
  const resNet = () => new ResNet({ depth: 18, baseChannels: 4, outIndices: [1, 2, 3] })
  const before = tinyRetinaNet(resNet())
  const [traced, eager] = [
    await threeSteps(sgd, 'onnxruntime', resNet()),
    await threeSteps(sgd, 'tfjs', resNet()),
  ]
  assertClose(t, traced.losses, eager.losses, 1e-4)
  assertClose(t, numbers(traced.tensors), numbers(eager.tensors), 1e-4)
  t.true(traced.losses[4] < traced.losses[0])

  const { parameters, buffers } = traced
  t.true('backbone.layer1.0.conv1.weight' in buffers)
  t.true('backbone.layer4.1.bn2.running_var' in buffers)
  const values = new Map(before.namedParameters().map(([name, { data }]) => [name, data]))
  for (const [name, { data }] of Object.entries(buffers)) t.deepEqual(data, values.get(name), name)
  for (const [name, { data }] of Object.entries(parameters)) {
    t.notDeepEqual(data, values.get(name), name)
  }
})
