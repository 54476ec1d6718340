import test from 'ava'
import { type SwinOptions, SwinTransformer } from '../../backbones/index.js'
import { ConfigError } from '../../errors.js'
import { floats } from '../../host_tensor.js'
import { functionalCall } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

type Weights = Record<string, PackedTensor>

/** Fixture as `make_swin.py` writes it. */
interface Fixture {
  options: SwinOptions
  weights: Weights
  maps: PackedTensor[]
}

const features = readFixture<Fixture>('swin_features.json')
const step = readFixture<Fixture & { loss: number; gradients: Weights }>('swin_step.json')

function networkOf({ options, weights }: Fixture): SwinTransformer {
  const network = new SwinTransformer(options)
  for (const [name, parameter] of network.namedParameters()) parameter.data = unpack(weights[name])
  return network
}

/** Wave as in `make_swin.py`: sin(frequency * i) for the i-th number. */
function wave(shape: number[], frequency: number): tf.Tensor {
  const size = shape.reduce((product, side) => product * side)
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i * frequency))
  return tf.tensor(values, shape)
}

function dropNoise(images: number, columns: number): tf.Tensor {
  const values = Array.from({ length: images * columns }, (_, i) => (i * 0.6180339887498949) % 1)
  return tf.tensor(values, [images, columns])
}

const stepImages = wave([2, 37, 50, 3], 0.7) as tf.Tensor4D

/** Mean of every map times a wave, added up, and gradients of all parameters. */
function stepOf(network: SwinTransformer, values: Record<string, tf.Tensor>, images: tf.Tensor4D) {
  const noise = { drop_path: dropNoise(2, 8) }
  const lossOf = (...tensors: tf.Tensor[]) => {
    const names = Object.keys(values)
    const given = Object.fromEntries(names.map((name, i) => [name, tensors[i]]))
    const { result } = functionalCall(network, given, () =>
      network.forward(images, { training: true, noise }),
    )
    const terms = result.map((map) => tf.mean(tf.mul(map, wave(map.shape, 1.3))))
    return tf.addN(terms) as tf.Scalar
  }
  const { value, grads } = tf.valueAndGrads(lossOf)(Object.values(values))
  const gradients = Object.keys(values).map((name, i) => [name, grads[i]] as const)
  return { loss: value, gradients: Object.fromEntries(gradients) }
}

function valuesOf(network: SwinTransformer): Record<string, tf.Tensor> {
  return Object.fromEntries(network.namedParameters().map(([name, p]) => [name, p.value]))
}

test('names and shapes are the official ones', (t) => {
  const ours = networkOf(features)
    .namedParameters()
    .map(([name, { shape }]) => [name, [...shape]])
  const official = Object.entries(features.weights).map(([name, { shape }]) => [name, shape])
  t.deepEqual(Object.fromEntries(ours), Object.fromEntries(official))
})

test('maps of an input of odd sizes are those of PyTorch', (t) => {
  const maps = networkOf(features).forward(wave([1, 93, 130, 3], 0.7) as tf.Tensor4D)
  t.deepEqual(
    maps.map(({ shape }) => shape),
    [
      [1, 24, 33, 6],
      [1, 12, 17, 12],
      [1, 6, 9, 24],
      [1, 3, 5, 48],
    ],
  )
  for (const [i, map] of maps.entries()) assertClose(t, map, unpack(features.maps[i]), 2e-5)
})

test('a training step with drop path has the loss and gradients of PyTorch', (t) => {
  const network = networkOf(step)
  const { loss, gradients } = stepOf(network, valuesOf(network), stepImages)
  assertClose(t, loss, [step.loss], 1e-6)
  t.deepEqual(Object.keys(gradients).sort(), Object.keys(step.gradients).sort())
  const largest = (values: Float32Array) => values.reduce((max, x) => Math.max(max, Math.abs(x)), 0)
  for (const [name, gradient] of Object.entries(gradients)) {
    const expected = unpack(step.gradients[name])
    const scale = Math.max(largest(expected), 1e-5) // of keys' biases it is 0 but for rounding
    assertClose(
      t,
      tf.div(gradient, scale),
      expected.map((x) => x / scale),
      1e-3,
    )
  }
})

test('training, traced equals eager, with the gradient of every parameter', async (t) => {
  const network = networkOf(step)
  const values = Object.fromEntries(
    network.namedParameters().map(([name, p]) => [name, floats(p.data, p.shape)]),
  )
  const images = floats(stepImages.dataSync(), stepImages.shape)
  await tracedEqualsEager(
    t,
    (inputs: { values: Record<string, tf.Tensor>; images: tf.Tensor }) =>
      stepOf(network, inputs.values, inputs.images as tf.Tensor4D),
    { values, images },
    1e-4,
  )
})

test('inference with its own weights, traced equals eager', async (t) => {
  const network = networkOf(features)
  const images = wave([2, 45, 62, 3], 0.3)
  await tracedEqualsEager(
    t,
    ({ images }: { images: tf.Tensor }) => network.forward(images as tf.Tensor4D),
    { images: floats(images.dataSync(), images.shape) },
    1e-4,
  )
})

test('gradients agree with finite differences', (t) => {
  const network = networkOf(step)
  const values = valuesOf(network)
  const { gradients } = stepOf(network, values, stepImages)
  const lossAt = (name: string, index: number, change: number) => {
    const moved = Float32Array.from(values[name].dataSync())
    moved[index] += change
    const given = { ...values, [name]: tf.tensor(moved, values[name].shape) }
    return stepOf(network, given, stepImages).loss.dataSync()[0]
  }
  const chosen = [
    ['layers.0.blocks.1.attn.relative_position_bias_table', 24],
    ['layers.0.blocks.1.attn.qkv.weight', 7],
    ['layers.0.blocks.0.norm1.weight', 2],
    ['layers.1.blocks.1.mlp.fc1.bias', 3],
    ['layers.0.downsample.reduction.weight', 30],
    ['patch_embed.proj.weight', 5],
  ] as const
  for (const [name, index] of chosen) {
    const change = 0.02
    const slope = (lossAt(name, index, change) - lossAt(name, index, -change)) / (2 * change)
    const gradient = gradients[name].dataSync()[index]
    // float32 leaves the loss 7 digits, and the third derivative its share.
    t.true(
      Math.abs(slope - gradient) < 2e-5 + 0.02 * Math.abs(gradient),
      `${name}: ${slope} ${gradient}`,
    )
  }
})

test('images of a batch do not see each other', (t) => {
  const network = networkOf(features)
  const images = wave([2, 45, 62, 3], 0.3) as tf.Tensor4D
  const together = network.forward(images)
  const [first, second] = tf.split(images, 2).map((image) => network.forward(image as tf.Tensor4D))
  for (const [i, map] of together.entries()) {
    assertClose(t, map, tf.concat([first[i], second[i]]).dataSync(), 1e-6)
  }
})

test('the sizes are those of the published detectors', (t) => {
  const count = (arch: 'tiny' | 'small', outIndices?: number[]) =>
    new SwinTransformer({ arch, outIndices })
      .namedParameters()
      .map(([, { shape }]) => shape.reduce((product, side) => product * side))
      .reduce((sum, size) => sum + size)
  t.is(count('tiny'), 27_520_698)
  t.is(count('small'), 48_838_602)
  t.is(count('tiny', [1, 2, 3]), 27_520_698 - 2 * 96)
})

test('stages behind the last that is returned are not built', (t) => {
  const network = new SwinTransformer({ arch: 'tiny', outIndices: [0, 1] })
  t.deepEqual(network.outChannels, [96, 192])
  t.deepEqual(network.strides, [4, 8])
  const names = network.namedParameters().map(([name]) => name)
  t.false(names.some((name) => name.startsWith('layers.2') || name.includes('layers.1.downsample')))
  t.deepEqual(
    names.filter((name) => /^norm\d/.test(name)),
    ['norm0.weight', 'norm0.bias', 'norm1.weight', 'norm1.bias'],
  )
})

test("new weights are the official ones: PyTorch's own for the patches, else deviation 0.02 and biases of 0", (t) => {
  const network = new SwinTransformer({ arch: 'tiny', outIndices: [0] }).initialize(0)
  const { proj } = network.patch_embed
  const bound = 1 / Math.sqrt(3 * 4 * 4) // inputs of one output
  for (const values of [proj.weight.data, proj.bias!.data]) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    t.true(largest < bound && largest > 0.9 * bound, `${largest}`)
    t.true(values.some((value) => value < 0) && values.some((value) => value > 0))
  }
  for (const [name, { data, shape }] of network.namedParameters()) {
    if (name.startsWith('patch_embed.proj')) continue
    if (shape.length === 1) {
      const constant = /norm\d?\.weight$/.test(name) ? 1 : 0
      t.true(
        data.every((value) => value === constant),
        name,
      )
      continue
    }
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length)
    const error = 5 / Math.sqrt(2 * data.length)
    t.true(Math.abs(deviation / 0.02 - 1) < error, `${name}: ${deviation}`)
  }
})

const tiny = { embedDim: 4, depths: [2, 1], numHeads: [1, 2], windowSize: 2 }

test('noise decides which branches are left out', (t) => {
  const network = new SwinTransformer({ ...tiny, dropPathRate: 0.5 }).initialize(3)
  t.deepEqual(network.noiseShapes(2), { drop_path: [2, 6] })
  const images = wave([2, 16, 16, 3], 0.3) as tf.Tensor4D
  const run = (noise: number[][]) =>
    network
      .forward(images, { training: true, noise: { drop_path: tf.tensor2d(noise) } })
      .map((map) => map.dataSync())
  const kept = [0, 0, 0.9, 0.9, 0.9, 0.9]
  const reference = run([kept, kept])
  // The first block's rate is 0, so that its noise changes nothing.
  t.deepEqual(run([[0.1, 0.99, 0.9, 0.9, 0.9, 0.9], kept]), reference)
  // Rates grow evenly: 0, 0.25, 0.5. A draw at the rate keeps, one below drops, in its own image
  // only.
  t.deepEqual(run([[0, 0, 0.25, 0.25, 0.5, 0.5], kept]), reference)
  const half = reference[0].length / 2
  const [dropped] = run([[0, 0, 0.24, 0.9, 0.9, 0.9], kept])
  t.notDeepEqual(dropped.slice(0, half), reference[0].slice(0, half))
  t.deepEqual(dropped.slice(half), reference[0].slice(half))
})

test('without training or at rate 0 nothing is left out and no noise is asked for', (t) => {
  const images = wave([1, 16, 16, 3], 0.3) as tf.Tensor4D
  const still = new SwinTransformer(tiny).initialize(3)
  const dropping = new SwinTransformer({ ...tiny, dropPathRate: 0.5 }).initialize(3)
  t.deepEqual(still.noiseShapes(2), {})
  const maps = (network: SwinTransformer, training: boolean) =>
    network.forward(images, { training }).map((map) => map.dataSync())
  t.deepEqual(maps(still, true), maps(still, false))
  t.deepEqual(maps(dropping, false), maps(still, false))
  t.throws(() => dropping.forward(images, { training: true }), {
    message:
      'SwinTransformer.forward: dropPathRate is above 0, but options.noise has no drop_path; draw noise of noiseShapes()',
  })
})

const refused: [options: SwinOptions, message: string][] = [
  [
    { embedDim: 8, depths: [1] },
    "arch is not given, nor is numHeads; give an arch such as 'tiny', or embedDim, depths and numHeads",
  ],
  [{ ...tiny, arch: 'huge' as 'tiny' }, "arch is 'huge'; use one of tiny, small"],
  [{ ...tiny, numHeads: [1] }, 'numHeads has 1 entries, but depths has 2; give one for each stage'],
  [
    { ...tiny, numHeads: [1, 3] },
    'numHeads[1] is 3, which does not divide the 8 channels of that stage; choose heads of whole numbers of channels',
  ],
  [
    { ...tiny, depths: [1, 1, 1, 1, 1], numHeads: [1, 1, 1, 1, 1] },
    'depths has 5 entries; give at most 4, one for each stage',
  ],
  [{ ...tiny, depths: [1, 0] }, 'depths has 0; use whole numbers of at least 1'],
  [{ ...tiny, dropPathRate: 1 }, 'dropPathRate is 1; use a number from 0 to below 1'],
  [
    { arch: 'tiny', outIndices: [1, 4] },
    "outIndices[1] is 4, but Swin 'tiny' has 4 stages; use 0 to 3",
  ],
  [
    { arch: 'tiny', outIndices: [1, 1] },
    'outIndices[1] is 1 after 1; list the stages from shallow to deep, each once',
  ],
]

for (const [options, message] of refused) {
  test(`refused: ${message}`, (t) => {
    t.throws(() => new SwinTransformer(options), { instanceOf: ConfigError, message })
  })
}
