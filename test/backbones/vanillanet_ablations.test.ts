/** The options that the ablations of the paper need. */
import test from 'ava'
import { type Shortcut, VanillaNet, type VanillaNetOptions } from '../../backbones/index.js'
import { mergeBackbone } from '../../deploy/reparameterize.js'
import { ConfigError } from '../../errors.js'
import { floats, scalar } from '../../host_tensor.js'
import { functionalCall, Random, randomizeNorms } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

function network(options: VanillaNetOptions): VanillaNet {
  const vanilla = new VanillaNet({
    dims: [4, 8, 8, 16],
    strides: [2, 1, 2],
    outIndices: [0, 1, 2],
    ...options,
  }).initialize(1)
  randomizeNorms(vanilla, 2)
  return vanilla
}

const combinations = [true, false].flatMap((deepTraining) =>
  (['none', 'before', 'after'] as const).flatMap((shortcut) =>
    [0, 1].map((actNum) => ({ deepTraining, shortcut, actNum })),
  ),
)

for (const options of combinations) {
  const { deepTraining, shortcut, actNum } = options
  const name = `deepTraining ${deepTraining}, shortcut ${shortcut}, actNum ${actNum}`
  const imageSize: [number, number] = [32, 48]

  test(`${name}: the merged form computes what the training form does`, async (t) => {
    const taps = await mergeBackbone(network(options), { imageSize })
    const logits = await mergeBackbone(network({ ...options, numClasses: 5 }), { imageSize })
    for (const { worst, differences } of [taps, logits]) {
      t.true(worst < 1e-5, `${worst}`)
      for (const { largestValue } of differences) t.true(largestValue > 0.01, `${largestValue}`)
    }
  })

  test(`${name}: a traced training step equals the eager one`, async (t) => {
    const vanilla = network({ ...options, numClasses: 3 })
    const named = vanilla.namedParameters()
    const state = Object.fromEntries(named.map(([path, p]) => [path, floats(p.data, p.shape)]))
    const paths = named.filter(([, p]) => p.trainable).map(([path]) => path)
    const trainingStep = (inputs: {
      state: Record<string, tf.Tensor>
      images: tf.Tensor
      lambda: tf.Tensor
    }) => {
      let updates: Record<string, tf.Tensor> = {}
      const { value, grads } = tf.valueAndGrads((...weights) => {
        const values = Object.fromEntries(paths.map((path, i) => [path, weights[i]]))
        const pass = functionalCall(vanilla, { ...inputs.state, ...values }, () =>
          vanilla.classify(inputs.images as tf.Tensor4D, {
            training: true,
            lambda: inputs.lambda as tf.Scalar,
          }),
        )
        updates = pass.updates
        return tf.mean(tf.square(pass.result)) as tf.Scalar
      })(paths.map((path) => inputs.state[path]))
      return { value, updates, grads }
    }
    const random = new Random('ablations')
    const pixels = Float32Array.from({ length: 4 * 32 * 32 * 3 }, () => random.normal())
    const images = floats(pixels, [4, 32, 32, 3])
    await tracedEqualsEager(t, trainingStep, { state, images, lambda: scalar(0.3) }, 1e-4)
  })
}

/** A stage of one channel in and two out, at half the size, with weights for mental arithmetic. */
function tinyStage(shortcut: Shortcut): tf.Tensor4D {
  const options = { dims: [1, 2], strides: [2], actNum: 0, form: 'deploy' } as const
  const network = new VanillaNet({ ...options, shortcut })
  const [stage] = network.stages
  stage.conv!.weight.data = Float32Array.of(2, -1)
  stage.act.weight.data = Float32Array.of(0.5, 3)
  stage.act.bias!.data = Float32Array.of(0, 1)
  return stage.forward(tf.tensor4d([1, 3, -2, 2], [1, 2, 2, 1]), {})
}

test('a shortcut adds the pooled input to both channels, before or after the activation', (t) => {
  // The convolution gives 2 x and -x, whose maxima are 6 and 2; the largest input is 3.
  assertClose(t, tinyStage('none'), [6 * 0.5, 2 * 3 + 1])
  assertClose(t, tinyStage('before'), [(6 + 3) * 0.5, (2 + 3) * 3 + 1])
  assertClose(t, tinyStage('after'), [6 * 0.5 + 3, 2 * 3 + 1 + 3])
})

test('channels of a shortcut are repeated as a whole, not one by one', (t) => {
  const options = { dims: [2, 4], strides: [1], actNum: 0, form: 'deploy' } as const
  const [stage] = new VanillaNet({ ...options, shortcut: 'after' }).stages
  stage.conv!.weight.data = new Float32Array(8)
  assertClose(t, stage.forward(tf.tensor4d([1, 10], [1, 1, 1, 2]), {}), [1, 10, 1, 10])
})

test('a shortcut is pooled as its stage is, adaptively too', (t) => {
  const options = { dims: [1, 1], strides: [2], adaPool: [2], actNum: 0, form: 'deploy' } as const
  const [stage] = new VanillaNet({ ...options, shortcut: 'after' }).stages
  stage.conv!.weight.data = new Float32Array(1)
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1])
  assertClose(t, stage.forward(x, {}), [5, 6, 8, 9])
})

test('without deep training a stage is convolution, norm and activation', (t) => {
  const options = { dims: [1, 1], strides: [1], actNum: 0, deepTraining: false }
  const [stage] = new VanillaNet(options).stages
  const [conv, norm] = stage.conv0!
  conv.weight.data = Float32Array.of(2)
  conv.bias!.data = Float32Array.of(1)
  norm.running_mean.data = Float32Array.of(1)
  norm.running_var.data = Float32Array.of(4)
  norm.weight.data = Float32Array.of(3)
  norm.bias.data = Float32Array.of(-1)
  stage.act.weight.data = Float32Array.of(0.5)
  // 2 * 2 + 1 is 5, normalised 2, then 3 * 2 - 1; the norm of the activation is new.
  assertClose(t, stage.forward(tf.tensor4d([2], [1, 1, 1, 1]), {}), [2.5], 1e-5)
})

test('without deep training names are those of no other form', (t) => {
  const options = { dims: [4, 8], strides: [2], actNum: 1, numClasses: 3 }
  const namesOf = (more: Partial<VanillaNetOptions>) =>
    new VanillaNet({ ...options, ...more }).namedParameters().map(([name]) => name)
  const single = namesOf({ deepTraining: false })
  const norm = ['weight', 'bias', 'running_mean', 'running_var']
  const layer = (path: string, act: string) => [
    `${path}.0.weight`,
    `${path}.0.bias`,
    ...norm.map((name) => `${path}.1.${name}`),
    `${act}.weight`,
    ...norm.map((name) => `${act}.bn.${name}`),
  ]
  t.deepEqual(single, [
    ...layer('stem0', 'stem0.2'),
    ...layer('stages.0.conv0', 'stages.0.act'),
    'cls.2.weight',
    'cls.2.bias',
  ])
  // What does not depend on the form has the same name in all: activations, the one classifier.
  const shared = (names: string[]) => single.filter((name) => names.includes(name))
  t.true(shared(namesOf({})).every((name) => name.startsWith('stages.0.act.')))
  t.deepEqual(shared(namesOf({ form: 'deploy' })), [
    'stages.0.act.weight',
    'cls.2.weight',
    'cls.2.bias',
  ])
})

test('the deploy form is the same with and without deep training', (t) => {
  const shapesOf = (deepTraining: boolean) =>
    network({ deepTraining, numClasses: 3, form: 'deploy' })
      .namedParameters()
      .map(([name, { shape }]) => `${name} ${shape}`)
  t.deepEqual(shapesOf(false), shapesOf(true))
})

test('lambda is ignored without deep training', (t) => {
  const images = tf.randomNormal([1, 32, 32, 3], 0, 1, 'float32', 1) as tf.Tensor4D
  const change = (deepTraining: boolean) => {
    const vanilla = network({ deepTraining, numClasses: 4 })
    const mixed = vanilla.classify(images, { lambda: tf.scalar(0.3) })
    return tf.max(tf.abs(tf.sub(mixed, vanilla.classify(images)))).dataSync()[0]
  }
  t.is(change(false), 0)
  t.true(change(true) > 1e-3)
})

test('normEval trains with running statistics without deep training', (t) => {
  const images = tf.randomNormal([1, 32, 32, 3], 0, 1, 'float32', 1) as tf.Tensor4D
  const vanilla = network({ deepTraining: false, normEval: true })
  const trained = vanilla.forward(images, { training: true })
  for (const [i, map] of vanilla.forward(images).entries()) assertClose(t, trained[i], map, 0)
})

const errors: [options: VanillaNetOptions, message: string][] = [
  [
    { dims: [4, 8, 12], strides: [1, 2], shortcut: 'before' },
    "shortcut is 'before', but dims[2] is 12, no multiple of 8 before it; use dims that are multiples, or shortcut: 'none'",
  ],
  [
    { dims: [8, 4], strides: [1], shortcut: 'after' },
    "shortcut is 'after', but dims[1] is 4, no multiple of 8 before it; use dims that are multiples, or shortcut: 'none'",
  ],
  [
    { arch: '6', shortcut: 'inside' as Shortcut },
    "shortcut is 'inside'; use one of none, before, after",
  ],
]
for (const [options, message] of errors) {
  test(`refused: ${message}`, (t) => {
    t.is(t.throws(() => new VanillaNet(options), { instanceOf: ConfigError }).message, message)
  })
}

test('every published variant can have shortcuts', (t) => {
  for (const arch of ['5', '6', '13', '13_x1_5_ada_pool'] as const) {
    t.notThrows(() => new VanillaNet({ arch, shortcut: 'before' }))
  }
})
