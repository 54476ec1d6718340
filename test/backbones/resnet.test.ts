import { createHash } from 'node:crypto'
import test from 'ava'
import { ResNet } from '../../backbones/resnet.js'
import type { ResNetDepth, ResNetOptions } from '../../backbones/resnet_options.js'
import { compile, trace } from '../../engine/index.js'
import { ConfigError } from '../../errors.js'
import { floats } from '../../host_tensor.js'
import { type Conv2d, functionalCall } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'
import { formula, giveFormulaWeights } from './formula.js'

/** Fixture as `make_resnet.py` writes it. */
interface Fixture {
  /** Shape of the images, `n c h w`. */
  images: [number, number, number, number]
  /** Every so many values are kept. */
  step: number
  networks: {
    depth: ResNetDepth
    /** SHA-256 of a line for each parameter and buffer. */
    parameters: string
    stages: { shape: number[]; largest: number; values: PackedTensor }[]
    logits: PackedTensor
  }[]
}

const fixture = readFixture<Fixture>('resnet.json')

/** `[n, h, w, 3]`. */
function formulaImages([n, c, h, w]: readonly [number, number, number, number]): tf.Tensor4D {
  const numbers = formula(n * c * h * w, 999).map((number) => 2 * number)
  return tf.transpose(tf.tensor4d(numbers, [n, c, h, w]), [0, 2, 3, 1])
}

const every = (values: Float32Array, step: number) => values.filter((_, i) => i % step === 0)

for (const { depth, parameters, stages, logits } of fixture.networks) {
  test(`ResNet-${depth}: names, shapes and their order are torchvision's`, (t) => {
    const named = new ResNet({ depth, numClasses: 1000 }).namedParameters()
    const lines = named.map(([name, { shape }]) => `${name} [${shape.join()}]`.replace(' ', ''))
    t.is(createHash('sha256').update(lines.join('\n')).digest('hex'), parameters)
  })

  test(`ResNet-${depth}: stages and logits of an image of odd sizes are torchvision's`, async (t) => {
    const network = new ResNet({ depth, numClasses: 1000 })
    giveFormulaWeights(network)
    const images = formulaImages(fixture.images)
    const forward = compile(
      ({ images }: { images: tf.Tensor }) => ({
        maps: network.forward(images as tf.Tensor4D),
        logits: network.classify(images as tf.Tensor4D),
      }),
      { name: 'resnet' },
    )
    const data = Float32Array.from(images.dataSync())
    const outputs = await forward.run({ images: floats(data, images.shape) })
    await forward.dispose()
    for (const [i, { shape, largest, values }] of stages.entries()) {
      const { data, shape: ours } = outputs.maps[i]
      t.deepEqual([...ours], shape)
      const scaled = every(data as Float32Array, fixture.step).map((value) => value / largest)
      const wanted = unpack(values).map((value) => value / largest)
      assertClose(t, scaled, wanted, 1e-5)
    }
    assertClose(t, every(outputs.logits.data as Float32Array, fixture.step), unpack(logits), 1e-4)
  })
}

/** Parameters at 1000 classes; the detector's without its classifier. Source: torchvision. */
const COUNTS: [depth: ResNetDepth, classifier: number, frozen: number][] = [
  [18, 11_689_512, 157_504],
  [34, 21_797_672, 231_488],
  [50, 25_557_032, 225_344],
  [101, 44_549_160, 225_344],
  [152, 60_192_808, 225_344],
]

for (const [depth, classifier, frozen] of COUNTS) {
  test(`ResNet-${depth} has ${classifier} parameters, of which a detector freezes ${frozen}`, (t) => {
    t.is(trainedCount(new ResNet({ depth, numClasses: 1000 })), classifier)
    const trained = (frozenStages: number) => trainedCount(new ResNet({ depth, frozenStages }))
    t.is(trained(-1) - trained(1), frozen)
    t.is(trainedCount(new ResNet({ depth })), trained(1))
  })
}

function trainedCount(network: ResNet): number {
  return network
    .namedParameters()
    .filter(([, { trainable }]) => trainable)
    .reduce((sum, [, { shape }]) => sum + shape.reduce((size, side) => size * side, 1), 0)
}

test('frozenStages names what does not train: nothing, the stem, the stem and stages', (t) => {
  const frozenParts = (frozenStages: number) => {
    const network = new ResNet({ depth: 18, baseChannels: 4, frozenStages })
    const weights = network.namedParameters().filter(([name]) => !name.includes('running'))
    const parts = weights.filter(([, p]) => !p.trainable).map(([name]) => name.split('.')[0])
    return [...new Set(parts)].join(' ')
  }
  t.is(frozenParts(-1), '')
  t.is(frozenParts(0), 'conv1 bn1')
  t.is(frozenParts(1), 'conv1 bn1 layer1')
  t.is(frozenParts(4), 'conv1 bn1 layer1 layer2 layer3 layer4')
})

test('channels, strides and sizes of the stages', (t) => {
  const network = new ResNet({ depth: 50, baseChannels: 8, outIndices: [1, 3] })
  t.deepEqual(network.outChannels, [64, 256])
  t.deepEqual(network.strides, [8, 32])
  const shapes = network.forward(formulaImages([2, 3, 93, 130])).map(({ shape }) => shape)
  t.deepEqual(shapes as number[][], [
    [2, 12, 17, 64],
    [2, 3, 5, 256],
  ])
})

test('new kernels have deviation sqrt(2 / fanOut), and the last norm of a block starts at 0', (t) => {
  const network = new ResNet({ depth: 50 }).initialize(1)
  const { data } = (network.layer3[1].conv2 as Conv2d).weight
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length)
  t.true(Math.abs(deviation / Math.sqrt(2 / (9 * 256)) - 1) < 0.01)
  const scales = network
    .namedParameters()
    .filter(([name]) => /(bn\d|downsample\.1)\.weight$/.test(name))
  for (const [name, { data }] of scales) {
    t.true(
      data.every((scale) => scale === (name.includes('bn3') ? 0 : 1)),
      name,
    )
  }
  const basic = new ResNet({ depth: 18, baseChannels: 2 })
  t.deepEqual(
    [...basic.layer1[0].bn1!.weight.data, ...basic.layer1[0].bn2!.weight.data],
    [1, 1, 0, 0],
  )
})

type Tensors = Record<string, tf.Tensor>
interface Step {
  value: tf.Tensor
  gradients: Tensors
  updates: Tensors
}

/**
 * Loss (mean of squares of the stages), its gradient by every trained parameter, and updated
 * buffers.
 */
function trainingStep(network: ResNet, state: Tensors, images: tf.Tensor): Step {
  const trained = network.namedParameters().filter(([, { trainable }]) => trainable)
  const names = trained.map(([name]) => name)
  let updates: Tensors = {}
  const loss = (...weights: tf.Tensor[]) => {
    const values = Object.fromEntries(names.map((name, i) => [name, weights[i]]))
    const pass = functionalCall(network, { ...state, ...values }, () =>
      network.forward(images as tf.Tensor4D, { training: true }),
    )
    updates = pass.updates
    return tf.addN(pass.result.map((map) => tf.mean(tf.square(map)))) as tf.Scalar
  }
  const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]))
  return { value, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]])), updates }
}

const STEPS: [name: string, options: ResNetOptions][] = [
  ['ResNet-18 as a detector trains it', { depth: 18, baseChannels: 4 }],
  ['ResNet-50 as a detector trains it', { depth: 50, baseChannels: 2 }],
  [
    'ResNet-18 with nothing frozen',
    { depth: 18, baseChannels: 4, frozenStages: -1, normEval: false },
  ],
]

for (const [name, options] of STEPS) {
  test(`a training step of ${name}: traced equals eager`, async (t) => {
    const network = new ResNet({ ...options, outIndices: [1, 2, 3] })
    giveFormulaWeights(network)
    const named = network.namedParameters()
    const state = Object.fromEntries(named.map(([path, p]) => [path, floats(p.data, p.shape)]))
    const images = formulaImages([2, 3, 67, 70])
    const step = ({ state, images }: { state: Tensors; images: tf.Tensor }) => ({
      ...trainingStep(network, state, images),
    })
    const inputs = { state, images: floats(Float32Array.from(images.dataSync()), images.shape) }
    await tracedEqualsEager(t, step, inputs, 1e-4)
  })
}

test('a new classifier is as torchvision leaves it: weight and bias uniform within 1 / sqrt(fanIn)', (t) => {
  const { fc } = new ResNet({ depth: 18, numClasses: 1000 }).initialize(0)
  const bound = 1 / Math.sqrt(512)
  for (const { data } of [fc!.weight, fc!.bias!]) {
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    t.true(largest < bound && largest > 0.98 * bound, `${largest}`)
  }
})

test('a step gives no gradient to frozen stages, and moves no statistics with normEval', (t) => {
  const stepOf = (options: Partial<ResNetOptions>) => {
    const network = new ResNet({ depth: 18, baseChannels: 2, ...options })
    giveFormulaWeights(network)
    const state = Object.fromEntries(network.namedParameters().map(([name, p]) => [name, p.value]))
    return trainingStep(network, state, formulaImages([2, 3, 64, 64]))
  }
  const parts = (names: string[]) => [...new Set(names.map((name) => name.split('.')[0]))].join(' ')

  const detector = stepOf({})
  t.is(parts(Object.keys(detector.gradients)), 'layer2 layer3 layer4')
  t.deepEqual(detector.updates, {})
  const scale = detector.gradients['layer2.0.bn1.weight']
  t.true(tf.max(tf.abs(scale)).dataSync()[0] > 0, 'scales of stages that train have a gradient')

  const frozenOnly = stepOf({ normEval: false })
  t.is(parts(Object.keys(frozenOnly.updates)), 'layer2 layer3 layer4')
  const free = stepOf({ frozenStages: -1, normEval: false })
  t.is(parts(Object.keys(free.gradients)), 'conv1 bn1 layer1 layer2 layer3 layer4')
  t.is(Object.keys(free.updates).length, 2 * 20) // 17 norms, and 3 of shortcuts
})

test('with known weights every norm is part of a convolution, which is what is exported', (t) => {
  const network = new ResNet({ depth: 18, baseChannels: 2 })
  giveFormulaWeights(network)
  const forward = ({ images }: { images: tf.Tensor }) => network.forward(images as tf.Tensor4D)
  const { nodes } = trace('resnet', forward, {
    images: { dtype: 'float32', shape: [1, 64, 64, 3] },
  })
  const count = (op: string) => nodes.filter((node) => node.op === op).length
  t.is(count('Conv'), 20)
  t.is(count('Relu') + count('Add') + count('MaxPool'), 17 + 8 + 1)
  const others = nodes.filter(
    ({ op }) => !['Conv', 'Relu', 'Add', 'MaxPool', 'Transpose'].includes(op),
  )
  t.deepEqual(others, [])
})

const errors: [options: ResNetOptions, message: string][] = [
  [{ depth: 20 as 18 }, 'depth is 20; use one of 18, 34, 50, 101, 152'],
  [{ depth: 18, frozenStages: 5 }, 'frozenStages is 5; use a whole number from -1 to 4'],
  [{ depth: 18, outIndices: [4] }, 'outIndices[0] is 4; use a whole number from 0 to 3'],
  [{ depth: 18, outIndices: [] }, 'outIndices is empty; name at least one stage'],
  [
    { depth: 18, outIndices: [1, 1] },
    'outIndices[1] is 1 after 1; list the stages from shallow to deep, each once',
  ],
  [{ depth: 18, baseChannels: 0.5 }, 'baseChannels is 0.5; use a whole number of at least 1'],
  [{ depth: 18, series: -1 }, 'series is -1; use a whole number of at least 0'],
]
for (const [options, message] of errors) {
  test(`refused: ${message}`, (t) => {
    t.is(t.throws(() => new ResNet(options), { instanceOf: ConfigError }).message, message)
  })
}

test('stages behind the last that is returned are not built', (t) => {
  const network = new ResNet({ depth: 18, baseChannels: 1, outIndices: [0, 2] })
  const stages = network.namedParameters().map(([name]) => name.split('.')[0])
  t.deepEqual([...new Set(stages)], ['conv1', 'bn1', 'layer1', 'layer2', 'layer3'])
})

test('classify without a classifier says how to get one', (t) => {
  const network = new ResNet({ depth: 18, baseChannels: 1 })
  const error = t.throws(() => network.classify(tf.ones([1, 32, 32, 3]) as tf.Tensor4D))
  t.is(error.message, 'ResNet.classify: there is no classifier; build it with numClasses')
})
