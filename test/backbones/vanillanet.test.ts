import test from 'ava'
import { VanillaNet, type VanillaNetArch, type VanillaNetOptions } from '../../backbones/index.js'
import { matrixProduct } from '../../deploy/reparameterize.js'
import { ConfigError } from '../../errors.js'
import { floats, scalar } from '../../host_tensor.js'
import { functionalCall, type Module } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

interface Outputs {
  logits: PackedTensor
  taps: PackedTensor[]
}

type Weights = Record<string, PackedTensor>

/** Fixture as `make_vanillanet.py` writes it. */
interface Fixture {
  options: Required<Pick<VanillaNetOptions, 'dims' | 'strides' | 'actNum' | 'numClasses'>> & {
    adaPool: number[] | null
  }
  images: PackedTensor
  train: { weights: Weights } & Outputs
  deploy: { weights: Weights } & Outputs
  lambda03: Outputs
  step?: {
    lambda: number
    seeds: PackedTensor[]
    loss: number
    gradients: Weights
    buffers: Weights
  }
}

function tensorOf(packed: PackedTensor): tf.Tensor {
  return tf.tensor(unpack(packed), packed.shape, 'float32')
}

function fixtureOf(name: string): Fixture {
  return readFixture<Fixture>(`vanillanet_${name}.json`)
}

/** A network of the fixture's shape that taps every stage. */
function networkOf({ options }: Fixture, form: 'train' | 'deploy'): VanillaNet {
  const outIndices = options.strides.map((_, i) => i)
  return new VanillaNet({ ...options, adaPool: options.adaPool ?? undefined, outIndices, form })
}

function load(network: Module, weights: Weights): void {
  for (const [name, parameter] of network.namedParameters()) parameter.data = unpack(weights[name])
}

/** Tolerance for float32 of another library, a dozen layers deep. */
const TOLERANCE = 2e-5

const cases = ['act1', 'act2', 'act3', 'act4', 'ada_pool']

for (const name of cases) {
  const fixture = fixtureOf(name)
  const images = tensorOf(fixture.images) as tf.Tensor4D

  for (const form of ['train', 'deploy'] as const) {
    test(`${name}, ${form} form: names, shapes and order are the official ones`, (t) => {
      const named = networkOf(fixture, form).namedParameters()
      const official = Object.entries(fixture[form].weights)
      const ours = Object.fromEntries(named.map(([path, { shape }]) => [path, [...shape]]))
      t.deepEqual(ours, Object.fromEntries(official.map(([path, { shape }]) => [path, shape])))
    })

    test(`${name}, ${form} form: stages and logits are the official ones`, (t) => {
      const network = networkOf(fixture, form)
      load(network, fixture[form].weights)
      const taps = network.forward(images)
      t.deepEqual(
        taps.map(({ shape }) => shape as number[]),
        fixture[form].taps.map(({ shape }) => shape),
      )
      for (const [i, tap] of taps.entries()) {
        assertClose(t, tap, unpack(fixture[form].taps[i]), TOLERANCE)
      }
      assertClose(t, network.classify(images), unpack(fixture[form].logits), TOLERANCE)
    })
  }

  test(`${name}: lambda 0.3 gives the official numbers, lambda 1 those without it`, (t) => {
    const network = networkOf(fixture, 'train')
    load(network, fixture.train.weights)
    const mixed = { lambda: tf.scalar(0.3) }
    for (const [i, tap] of network.forward(images, mixed).entries()) {
      assertClose(t, tap, unpack(fixture.lambda03.taps[i]), TOLERANCE)
    }
    assertClose(t, network.classify(images, mixed), unpack(fixture.lambda03.logits), TOLERANCE)
    const linear = network.classify(images, { lambda: tf.scalar(1) })
    assertClose(t, linear, network.classify(images), 0)
  })

  test(`${name}: merging gives the official deploy weights and outputs`, async (t) => {
    const network = networkOf(fixture, 'train')
    load(network, fixture.train.weights)
    const merged = await network.reparameterized(matrixProduct)
    t.is(merged.form, 'deploy')
    for (const [path, values] of Object.entries(merged.stateDict())) {
      assertClose(t, values, unpack(fixture.deploy.weights[path]), TOLERANCE)
    }
    assertClose(t, merged.classify(images), unpack(fixture.deploy.logits), TOLERANCE)
  })
}

test('a training step has the official loss, gradients and running statistics', (t) => {
  const fixture = fixtureOf('act1')
  const step = fixture.step!
  const images = tensorOf(fixture.images) as tf.Tensor4D
  const seeds = step.seeds.map(tensorOf)
  const network = networkOf(fixture, 'train')
  load(network, fixture.train.weights)

  const named = network.namedParameters()
  const buffers = Object.fromEntries(
    named.filter(([, p]) => !p.trainable).map(([path, p]) => [path, p.value]),
  )
  const trained = named.filter(([, p]) => p.trainable)
  let updates: Record<string, tf.Tensor> = {}
  const lossOf = (...weights: tf.Tensor[]) => {
    const values = Object.fromEntries(trained.map(([path], i) => [path, weights[i]]))
    const options = { training: true, lambda: tf.scalar(step.lambda) }
    // Two passes over the same values, where the original taps one.
    const pass = <Result>(call: () => Result) =>
      functionalCall(network, { ...values, ...buffers }, call)
    const taps = pass(() => network.forward(images, options)).result
    const logits = pass(() => network.classify(images, options))
    updates = logits.updates
    const outputs = [...taps, logits.result]
    return tf.addN(outputs.map((y, i) => tf.mean(tf.mul(y, seeds[i])))) as tf.Scalar
  }

  const { value, grads } = tf.valueAndGrads(lossOf)(trained.map(([, parameter]) => parameter.value))
  assertClose(t, value, step.loss, TOLERANCE)
  for (const [i, [path]] of trained.entries()) {
    const expected = unpack(step.gradients[path])
    // Biases before a norm have gradient zero but for rounding, hence a least size.
    const largest = expected.reduce((max, g) => Math.max(max, Math.abs(g)), 0.01)
    const scaled = expected.map((g) => g / largest)
    assertClose(t, tf.div(grads[i], largest), scaled, 1e-4)
  }
  t.deepEqual(Object.keys(updates).sort(), Object.keys(step.buffers).sort())
  for (const [path, buffer] of Object.entries(updates)) {
    assertClose(t, buffer, unpack(step.buffers[path]), TOLERANCE)
  }
})

for (const name of ['act2', 'ada_pool']) {
  test(`${name}: a traced training step equals the eager one`, async (t) => {
    const fixture = fixtureOf(name)
    const network = networkOf(fixture, 'train')
    load(network, fixture.train.weights)
    const named = network.namedParameters()
    const state = Object.fromEntries(named.map(([path, p]) => [path, floats(p.data, p.shape)]))
    // The classifier is left out: a batch of one has no statistics there.
    const trained = named.filter(([path, p]) => p.trainable && !path.startsWith('cls'))
    const paths = trained.map(([path]) => path)

    const trainingStep = (inputs: {
      state: Record<string, tf.Tensor>
      images: tf.Tensor
      lambda: tf.Tensor
    }) => {
      let updates: Record<string, tf.Tensor> = {}
      const { value, grads } = tf.valueAndGrads((...weights) => {
        const values = Object.fromEntries(paths.map((path, i) => [path, weights[i]]))
        const options = { training: true, lambda: inputs.lambda as tf.Scalar }
        const pass = functionalCall(network, { ...inputs.state, ...values }, () =>
          network.forward(inputs.images as tf.Tensor4D, options),
        )
        updates = pass.updates
        return tf.addN(pass.result.map((tap) => tf.mean(tf.square(tap)))) as tf.Scalar
      })(paths.map((path) => inputs.state[path]))
      return { value, updates, grads }
    }

    const images = floats(unpack(fixture.images), fixture.images.shape)
    await tracedEqualsEager(t, trainingStep, { state, images, lambda: scalar(0.3) }, 1e-4)
  })
}

test('the series activation: ReLU, then cross-correlation with zero padding', (t) => {
  const network = new VanillaNet({ dims: [1, 1], strides: [1], actNum: 1, form: 'deploy' })
  const { act, conv } = network.stages[0]
  conv!.weight.data = Float32Array.of(1)
  act.weight.data = Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
  const x = tf.tensor4d([1, -2, 3, 0, 4, -1, 2, -3, 1], [1, 3, 3, 1])
  const y = network.stages[0].forward(x, {})
  assertClose(t, y, [4.1, 5.4, 4.3, 4.2, 5.3, 3.0, 2.2, 2.2, 0.9])
})

/**
 * Parameters of the deploy and the training form with 1000 classes and act_num 3, counted from the
 * original.
 */
const COUNTS: [arch: VanillaNetArch, deploy: number, train: number][] = [
  ['5', 15_523_304, 22_328_800],
  ['6', 32_509_416, 56_116_704],
  ['7', 32_797_672, 56_670_176],
  ['8', 37_096_424, 65_175_520],
  ['9', 41_395_176, 73_680_864],
  ['10', 45_693_928, 82_186_208],
  ['11', 49_992_680, 90_691_552],
  ['12', 54_291_432, 99_196_896],
  ['13', 58_590_184, 107_702_240],
  ['13_x1_5', 127_796_200, 236_942_048],
  ['13_x1_5_ada_pool', 127_796_200, 236_942_048],
]

/** Count from shapes only: weights are drawn when first read, and these would fill the memory. */
function parameterCount(network: Module): number {
  return network
    .namedParameters()
    .filter(([, { trainable }]) => trainable)
    .reduce((sum, [, { shape }]) => sum + shape.reduce((size, side) => size * side, 1), 0)
}

for (const [arch, deploy, train] of COUNTS) {
  test(`VanillaNet '${arch}' has ${deploy} parameters, ${train} while training`, (t) => {
    t.is(parameterCount(new VanillaNet({ arch, numClasses: 1000, form: 'deploy' })), deploy)
    t.is(parameterCount(new VanillaNet({ arch, numClasses: 1000 })), train)
  })
}

test('order n of the series activation counts as published', (t) => {
  const orders = [31_944_168, 32_038_376, 32_226_792, 32_509_416, 32_886_248]
  for (const [actNum, count] of orders.entries()) {
    const network = new VanillaNet({ arch: '6', numClasses: 1000, form: 'deploy', actNum })
    t.is(parameterCount(network), count)
  }
})

test("the detector's VanillaNet-13 has the published size, taps and names", (t) => {
  const options = { arch: '13', outIndices: [1, 8, 10] } as const
  t.is(parameterCount(new VanillaNet({ ...options, form: 'deploy' })), 54_493_184)
  t.is(parameterCount(new VanillaNet({ ...options, actNum: 4, form: 'deploy' })), 55_279_616)
  const network = new VanillaNet({ ...options, actNum: 4 })
  t.is(parameterCount(network), 103_388_672)
  t.deepEqual(network.outChannels, [1024, 2048, 4096])
  t.deepEqual(network.strides, [8, 16, 32])
  // 240 tensors in the original, 36 of them num_batches_tracked.
  t.is(network.namedParameters().length, 240 - 36)
})

test('dims and strides replace those of the variant', (t) => {
  const network = new VanillaNet({
    arch: '5',
    dims: [4, 6, 8, 10],
    strides: [2, 1, 2],
    outIndices: [0, 1, 2],
  })
  t.deepEqual(network.outChannels, [6, 8, 10])
  t.deepEqual(network.strides, [8, 8, 16])
})

test('new weights have deviation 0.02 with a classifier, sqrt(2 / fanOut) without', (t) => {
  const options = { dims: [64, 64], strides: [1] }
  const deviation = (network: VanillaNet) => {
    const { data } = network.initialize(1).stages[0].conv1![0].weight
    return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length)
  }
  const close = (actual: number, expected: number) => Math.abs(actual / expected - 1) < 0.05
  t.true(close(deviation(new VanillaNet({ ...options, numClasses: 2 })), 0.02))
  t.true(close(deviation(new VanillaNet(options)), Math.sqrt(2 / 64)))
  t.true(close(deviation(new VanillaNet({ ...options, init: 'classification' })), 0.02))
})

test('normEval trains with running statistics', (t) => {
  const options = { dims: [8, 8], strides: [2], actNum: 1 }
  const images = tf.randomNormal([1, 16, 16, 3], 0, 1, 'float32', 1) as tf.Tensor4D
  const change = (normEval: boolean) => {
    const network = new VanillaNet({ ...options, normEval }).initialize(1)
    const [evaluated] = network.forward(images)
    const [trained] = network.forward(images, { training: true })
    return tf.max(tf.abs(tf.sub(trained, evaluated))).dataSync()[0]
  }
  t.is(change(true), 0)
  t.true(change(false) > 0.1)
})

const tiny = { dims: [4, 4, 4], strides: [1, 2] }
const errors: [options: VanillaNetOptions, message: string][] = [
  [
    { arch: '13', outIndices: [1, 8, 11] },
    "outIndices[2] is 11, but VanillaNet '13' has 11 stages; use 0 to 10",
  ],
  [
    { ...tiny, outIndices: [-1] },
    'outIndices[0] is -1, but this VanillaNet has 2 stages; use 0 to 1',
  ],
  [
    { ...tiny, outIndices: [1, 0] },
    'outIndices[1] is 0 after 1; list the stages from shallow to deep, each once',
  ],
  [
    { arch: '14' as VanillaNetArch },
    "arch is '14'; use one of 5, 6, 7, 8, 9, 10, 11, 12, 13, 13_x1_5, 13_x1_5_ada_pool",
  ],
  [{}, "arch is not given, nor is dims; give an arch such as '13', or both dims and strides"],
  [
    { dims: [4, 4] },
    "arch is not given, nor is strides; give an arch such as '13', or both dims and strides",
  ],
  [
    { dims: [4, 4], strides: [1, 2] },
    "dims has 2 entries, but strides has 2; give 3: the stem's channels and each stage's",
  ],
  [
    { ...tiny, adaPool: [3] },
    'adaPool has 1 entries, but strides has 2; give 2, 0 where the stage keeps its pooling',
  ],
  [{ ...tiny, actNum: 1.5 }, 'actNum is 1.5; use a whole number of at least 0'],
  [{ ...tiny, numClasses: 0 }, 'numClasses is 0; use a whole number of at least 1'],
  [{ ...tiny, strides: [1, 0] }, 'strides[1] is 0; use a whole number of at least 1'],
]
for (const [options, message] of errors) {
  test(`refused: ${message}`, (t) => {
    t.is(t.throws(() => new VanillaNet(options), { instanceOf: ConfigError }).message, message)
  })
}

test('classify without a classifier says how to get one', (t) => {
  const network = new VanillaNet({ ...tiny, actNum: 1 })
  const error = t.throws(() => network.classify(tf.ones([1, 16, 16, 3]) as tf.Tensor4D))
  t.is(error.message, 'VanillaNet.classify: there is no classifier; build it with numClasses')
})
