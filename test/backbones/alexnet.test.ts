import test from 'ava'
import { AlexNet, type AlexNetOptions } from '../../backbones/index.js'
import { mergeBackbone } from '../../deploy/reparameterize.js'
import { ConfigError } from '../../errors.js'
import { floats, scalar } from '../../host_tensor.js'
import { functionalCall, type Module, Random, randomizeNorms } from '../../nn/index.js'
import { backbones } from '../../registry.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const small = { dims: [4, 6, 8, 6, 4], hiddenFeatures: 10 }

function network(options: AlexNetOptions): AlexNet {
  const alexNet = new AlexNet({ ...small, ...options }).initialize(1)
  randomizeNorms(alexNet, 2)
  return alexNet
}

function randomImages(shape: [number, number, number, number]): tf.Tensor4D {
  return tf.randomNormal(shape, 0, 1, 'float32', 1) as tf.Tensor4D
}

/** From shapes only: weights are drawn when first read. */
function parameterCount(module: Module): number {
  return module
    .namedParameters()
    .filter(([, { trainable }]) => trainable)
    .reduce((sum, [, { shape }]) => sum + shape.reduce((size, side) => size * side, 1), 0)
}

test('names, shapes and their order are torchvision’s', (t) => {
  const named = new AlexNet({ numClasses: 1000 }).namedParameters()
  t.deepEqual(
    named.map(([name, { shape }]) => `${name} ${shape}`),
    [
      'features.0.weight 64,3,11,11',
      'features.0.bias 64',
      'features.3.weight 192,64,5,5',
      'features.3.bias 192',
      'features.6.weight 384,192,3,3',
      'features.6.bias 384',
      'features.8.weight 256,384,3,3',
      'features.8.bias 256',
      'features.10.weight 256,256,3,3',
      'features.10.bias 256',
      'classifier.1.weight 4096,9216',
      'classifier.1.bias 4096',
      'classifier.4.weight 4096,4096',
      'classifier.4.bias 4096',
      'classifier.6.weight 1000,4096',
      'classifier.6.bias 1000',
    ],
  )
})

test('it has the 61,100,840 parameters of torchvision’s, merged as plain', (t) => {
  t.is(parameterCount(new AlexNet({ numClasses: 1000 })), 61_100_840)
  const merged = { numClasses: 1000, deepTraining: true, form: 'deploy' } as const
  t.is(parameterCount(new AlexNet(merged)), 61_100_840)
})

test('the techniques have the places of what they replace', (t) => {
  const namesOf = (options: AlexNetOptions) =>
    new AlexNet(options).namedParameters().map(([name]) => name)
  const norm = ['weight', 'bias', 'running_mean', 'running_var']
  const layer = (path: string) => [
    `${path}.0.weight`,
    `${path}.0.bias`,
    ...norm.map((name) => `${path}.1.${name}`),
  ]
  const ofStage = (place: number) => [
    ...layer(`features.${place}.conv1`),
    ...layer(`features.${place}.conv2`),
    `features.${place + 1}.weight`,
    ...norm.map((name) => `features.${place + 1}.bn.${name}`),
  ]
  t.deepEqual(namesOf({ deepTraining: true, series: 3 }), [0, 3, 6, 8, 10].flatMap(ofStage))
  t.deepEqual(
    namesOf({ deepTraining: true, series: 3, form: 'deploy' }),
    [0, 3, 6, 8, 10].flatMap((place) =>
      [place, place + 1].flatMap((at) => [`features.${at}.weight`, `features.${at}.bias`]),
    ),
  )
})

test('taps are the outputs of the stages, after their poolings', (t) => {
  const alexNet = network({ outIndices: [0, 1, 2, 3, 4], numClasses: 3 })
  t.deepEqual(alexNet.outChannels, [4, 6, 8, 6, 4])
  t.deepEqual(alexNet.strides, [8, 16, 16, 16, 32])
  const images = randomImages([1, 224, 224, 3])
  const maps = alexNet.forward(images)
  const sides = maps.map(({ shape: [, height, width] }) => [height, width])
  t.deepEqual(
    sides,
    [27, 13, 13, 13, 6].map((side) => [side, side]),
  )
  assertClose(t, alexNet.lastFeatures(images), maps[4], 0)
  assertClose(t, alexNet.classify(images), alexNet.logits(maps[4]), 0)
})

test('the first stage is convolution, ReLU and pooling', (t) => {
  const alexNet = network({ outIndices: [0] })
  const images = randomImages([1, 75, 63, 3])
  const kernel = tf.tensor4d(alexNet.features[0]!.namedParameters()[0][1].data, [4, 3, 11, 11])
  const bias = alexNet.features[0]!.namedParameters()[1][1].data
  const padded = tf.pad(images, [
    [0, 0],
    [2, 2],
    [2, 2],
    [0, 0],
  ]) as tf.Tensor4D
  const conv = tf.conv2d(padded, tf.transpose(kernel, [2, 3, 1, 0]) as tf.Tensor4D, 4, 'valid')
  const expected = tf.maxPool(
    tf.relu(tf.add(conv, tf.tensor1d(bias))) as tf.Tensor4D,
    3,
    2,
    'valid',
  )
  assertClose(t, alexNet.forward(images)[0], expected)
})

test('the classifier reads channels first, each a map of 6 x 6', (t) => {
  const alexNet = new AlexNet({ ...small, dims: [1, 1, 1, 1, 2], hiddenFeatures: 1, numClasses: 1 })
  const [, first, , , second, , last] = alexNet.classifier!
  // The last cell of the second channel, and nothing else.
  first.weight.data = Float32Array.from({ length: 72 }, (_, i) => (i === 71 ? 1 : 0))
  for (const { weight } of [second, last]) weight.data = Float32Array.of(1)
  for (const { bias } of [first, second, last]) bias!.data = Float32Array.of(0)
  const features = tf.reshape(tf.range(0, 72), [1, 6, 6, 2]) as tf.Tensor4D
  assertClose(t, alexNet.logits(features), [71])
  const halved = tf.reshape(tf.mul(features, 0.5), [1, 6, 6, 2]) as tf.Tensor4D
  assertClose(t, alexNet.logits(halved), [35.5])
})

const combinations = [false, true].flatMap((deepTraining) =>
  [0, 1, 3].map((series) => ({ deepTraining, series })),
)

for (const options of combinations) {
  const { deepTraining, series } = options
  const name = `deepTraining ${deepTraining}, series ${series}`

  test(`${name}: the merged form computes what the training form does`, async (t) => {
    const imageSize: [number, number] = [96, 80]
    const taps = await mergeBackbone(network({ ...options, outIndices: [0, 2, 4] }), { imageSize })
    const logits = await mergeBackbone(network({ ...options, numClasses: 5 }), { imageSize })
    for (const { worst, backbone } of [taps, logits]) {
      t.true(worst < 1e-5, `${worst}`)
      t.is((backbone as AlexNet).form, 'deploy')
    }
  })

  test(`${name}: a traced training step equals the eager one`, async (t) => {
    const alexNet = network({ ...options, numClasses: 3 })
    const named = alexNet.namedParameters()
    const state = Object.fromEntries(named.map(([path, p]) => [path, floats(p.data, p.shape)]))
    const paths = named.filter(([, p]) => p.trainable).map(([path]) => path)
    const random = new Random('AlexNet')
    const noise = Object.fromEntries(
      Object.entries(alexNet.noiseShapes(4)).map(([key, shape]) => {
        const size = shape.reduce((product, side) => product * side, 1)
        return [
          key,
          floats(
            Float32Array.from({ length: size }, () => random.uniform()),
            shape,
          ),
        ]
      }),
    )
    const trainingStep = (inputs: {
      state: Record<string, tf.Tensor>
      noise: Record<string, tf.Tensor>
      images: tf.Tensor
      lambda: tf.Tensor
    }) => {
      let updates: Record<string, tf.Tensor> = {}
      const { value, grads } = tf.valueAndGrads((...weights) => {
        const values = Object.fromEntries(paths.map((path, i) => [path, weights[i]]))
        const lambda = inputs.lambda as tf.Scalar
        const pass = functionalCall(alexNet, { ...inputs.state, ...values }, () =>
          alexNet.classify(inputs.images as tf.Tensor4D, {
            training: true,
            lambda,
            noise: inputs.noise,
          }),
        )
        updates = pass.updates
        return tf.mean(tf.square(pass.result)) as tf.Scalar
      })(paths.map((path) => inputs.state[path]))
      return { value, updates, grads }
    }
    const pixels = Float32Array.from({ length: 4 * 100 * 96 * 3 }, () => random.normal())
    const images = floats(pixels, [4, 100, 96, 3]) // 16 values a channel at the last norm
    const lambda = scalar(0.3)
    await tracedEqualsEager(t, trainingStep, { state, noise, images, lambda }, 1e-4)
  })
}

test('lambda counts with deep training only', (t) => {
  const images = randomImages([1, 64, 64, 3])
  const change = (deepTraining: boolean) => {
    const alexNet = network({ deepTraining })
    const [mixed] = alexNet.forward(images, { lambda: tf.scalar(0.3) })
    return tf.max(tf.abs(tf.sub(mixed, alexNet.forward(images)[0]))).dataSync()[0]
  }
  t.is(change(false), 0)
  t.true(change(true) > 1e-3)
})

test('dropout of both hidden layers takes its noise, and is off in evaluation', (t) => {
  const alexNet = network({ numClasses: 3 })
  t.deepEqual(alexNet.noiseShapes(2), { dropout1: [2, 144], dropout2: [2, 10] })
  t.deepEqual(network({ numClasses: 3, dropRate: 0 }).noiseShapes(2), {})
  t.deepEqual(network({}).noiseShapes(2), {})
  const images = randomImages([2, 64, 64, 3])
  const noise = { dropout1: tf.zeros([2, 144]), dropout2: tf.zeros([2, 10]) }
  const trained = alexNet.classify(images, { training: true, noise })
  // All inputs of the second hidden layer are left out, so that its bias goes on alone.
  const [, , , , second, , last] = alexNet.classifier!
  const hidden = tf.relu(tf.tensor2d(second.bias!.data, [1, 10]))
  assertClose(t, trained, tf.tile(last.forward(hidden), [2, 1]))
  const error = t.throws(() => alexNet.classify(images, { training: true }))
  t.is(
    error.message,
    'AlexNet.classify: dropRate is above 0, but options.noise has no dropout1; draw noise of noiseShapes()',
  )
})

test('new weights and biases are uniform within 1 / sqrt(fanIn), as PyTorch makes them', (t) => {
  const alexNet = new AlexNet({ ...small, hiddenFeatures: 500, numClasses: 3 }).initialize(1)
  const largest = (values: Float32Array) =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const { weight, bias } = alexNet.classifier![4]
  const bound = 1 / Math.sqrt(500)
  for (const { data } of [weight, bias!]) {
    t.true(largest(data) < bound && largest(data) > 0.98 * bound)
  }
  const [[, kernel]] = alexNet.features[3]!.namedParameters()
  t.true(largest(kernel.data) < 0.1 && largest(kernel.data) > 0.098) // 4 channels of 5 x 5
})

test('a config has it by its options', (t) => {
  const options = { ...small, deepTraining: true, series: 1, dropRate: 0.2, outIndices: [1, 4] }
  const built = backbones.create({ type: 'AlexNet', ...options }, { form: 'deploy', numClasses: 7 })
  const { form, numClasses, outIndices } = built as AlexNet
  t.deepEqual([form, numClasses, outIndices], ['deploy', 7, [1, 4]])
})

const errors: [options: AlexNetOptions, message: string][] = [
  [{ dims: [4, 4] }, 'dims has 2 entries; give 5, the channels of each convolution'],
  [{ dims: [4, 4, 0, 4, 4] }, 'dims[2] is 0; use a whole number of at least 1'],
  [{ hiddenFeatures: 0.5 }, 'hiddenFeatures is 0.5; use a whole number of at least 1'],
  [{ series: -1 }, 'series is -1; use a whole number of at least 0'],
  [{ numClasses: 0 }, 'numClasses is 0; use a whole number of at least 1'],
  [{ dropRate: 1 }, 'dropRate is 1; use a number from 0 to below 1'],
  [{ outIndices: [] }, 'outIndices is empty; name at least one stage'],
  [{ outIndices: [5] }, 'outIndices[0] is 5, but AlexNet has 5 stages; use 0 to 4'],
  [
    { outIndices: [2, 2] },
    'outIndices[1] is 2 after 2; list the stages from shallow to deep, each once',
  ],
]
for (const [options, message] of errors) {
  test(`refused: ${message}`, (t) => {
    t.is(t.throws(() => new AlexNet(options), { instanceOf: ConfigError }).message, message)
  })
}

test('images too small for its poolings are refused, the smallest are not', (t) => {
  const alexNet = network({})
  t.deepEqual(alexNet.forward(randomImages([1, 63, 63, 3]))[0].shape, [1, 1, 1, 4])
  const error = t.throws(() => alexNet.forward(randomImages([1, 80, 62, 3])))
  t.is(
    error.message,
    'AlexNet is given images of 80 x 62, of which its poolings leave nothing; use sides of at least 63 pixels',
  )
})

test('classify without a classifier says how to get one', (t) => {
  const error = t.throws(() => network({}).classify(randomImages([1, 64, 64, 3])))
  t.is(error.message, 'AlexNet.classify: there is no classifier; build it with numClasses')
})
