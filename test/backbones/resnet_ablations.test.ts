/** ResNet with the two techniques of VanillaNet. */
import test from 'ava'
import { isMergeable, ResNet, type ResNetOptions } from '../../backbones/index.js'
import { mergeBackbone } from '../../deploy/reparameterize.js'
import { ConfigError } from '../../errors.js'
import { floats, scalar } from '../../host_tensor.js'
import { functionalCall, Random, randomizeNorms } from '../../nn/index.js'
import { backbones } from '../../registry.js'
import * as tf from '../../tf/tf.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

function network(options: Partial<ResNetOptions>): ResNet {
  const resNet = new ResNet({ depth: 18, baseChannels: 4, ...options }).initialize(1)
  randomizeNorms(resNet, 2)
  return resNet
}

const techniques = [
  { deepTraining: true, series: 0 },
  { deepTraining: false, series: 1 },
  { deepTraining: true, series: 1 },
]

for (const depth of [18, 50] as const) {
  for (const options of techniques) {
    const { deepTraining, series } = options
    const name = `ResNet-${depth}, deepTraining ${deepTraining}, series ${series}`

    test(`${name}: the merged form computes what the training form does`, async (t) => {
      const imageSize: [number, number] = [64, 96]
      const taps = await mergeBackbone(network({ ...options, depth }), { imageSize })
      const classifier = network({ ...options, depth, numClasses: 5 })
      const logits = await mergeBackbone(classifier, { imageSize })
      for (const { worst, backbone } of [taps, logits]) {
        t.true(worst < 1e-5, `${worst}`)
        const names = backbone.namedParameters().map(([path]) => path)
        t.false(names.some((path) => path.includes('running')))
        t.is((backbone as ResNet).form, 'deploy')
      }
    })
  }
}

/** Tolerance by `normEval`: norms over the 18 values of a batch amplify rounding. */
const TOLERANCES = [
  [true, 1e-4],
  [false, 1e-3],
] as const

for (const [options, [normEval, tolerance]] of techniques.flatMap((options) =>
  TOLERANCES.map((row) => [options, row] as const),
)) {
  const { deepTraining, series } = options
  test(`deepTraining ${deepTraining}, series ${series}, normEval ${normEval}: a traced training step equals the eager one`, async (t) => {
    const resNet = network({ ...options, frozenStages: 1, normEval })
    const named = resNet.namedParameters()
    const state = Object.fromEntries(named.map(([path, p]) => [path, floats(p.data, p.shape)]))
    const paths = named.filter(([, p]) => p.trainable).map(([path]) => path)
    t.false(paths.some((path) => /^(conv1|act1|layer1)\./.test(path)))
    const trainingStep = (inputs: {
      state: Record<string, tf.Tensor>
      images: tf.Tensor
      lambda: tf.Tensor
    }) => {
      let updates: Record<string, tf.Tensor> = {}
      const { value, grads } = tf.valueAndGrads((...weights) => {
        const values = Object.fromEntries(paths.map((path, i) => [path, weights[i]]))
        const pass = functionalCall(resNet, { ...inputs.state, ...values }, () =>
          resNet.forward(inputs.images as tf.Tensor4D, {
            training: true,
            lambda: inputs.lambda as tf.Scalar,
          }),
        )
        updates = pass.updates
        return tf.addN(pass.result.map((map) => tf.mean(tf.square(map)))) as tf.Scalar
      })(paths.map((path) => inputs.state[path]))
      t.false(Object.keys(updates).some((path) => /^(conv1|act1|layer1)\./.test(path)))
      return { value, updates, grads }
    }
    const random = new Random('ResNet ablations')
    const pixels = Float32Array.from({ length: 2 * 96 * 96 * 3 }, () => random.normal())
    const images = floats(pixels, [2, 96, 96, 3])
    await tracedEqualsEager(t, trainingStep, { state, images, lambda: scalar(0.3) }, tolerance)
  })
}

test('techniques have the places of what they replace, in both kinds of block', (t) => {
  const namesOf = (options: ResNetOptions, part: string) =>
    new ResNet(options)
      .namedParameters()
      .map(([name]) => name)
      .filter((name) => name.startsWith(part) && name.endsWith('weight'))
  const both = { deepTraining: true, series: 2 }
  const pair = (path: string) => [
    `${path}.conv1.0.weight`,
    `${path}.conv1.1.weight`,
    `${path}.conv2.0.weight`,
    `${path}.conv2.1.weight`,
  ]
  const act = (path: string) => [`${path}.weight`, `${path}.bn.weight`]
  const basic = 'layer2.0'
  t.deepEqual(namesOf({ depth: 18, ...both }, `${basic}.`), [
    ...pair(`${basic}.conv1`),
    ...pair(`${basic}.conv2`),
    ...pair(`${basic}.downsample.0`),
    ...act(`${basic}.act1`),
    ...act(`${basic}.act2`),
  ])
  const bottleneck = 'layer2.1'
  t.deepEqual(namesOf({ depth: 50, ...both, form: 'deploy' }, `${bottleneck}.`), [
    `${bottleneck}.conv1.weight`,
    `${bottleneck}.conv2.weight`,
    `${bottleneck}.conv3.weight`,
    `${bottleneck}.act1.weight`,
    `${bottleneck}.act2.weight`,
    `${bottleneck}.act3.weight`,
  ])
  const series = namesOf({ depth: 50, series: 1 }, `${bottleneck}.`)
  t.true(
    series.includes(`${bottleneck}.bn3.weight`) && series.includes(`${bottleneck}.act3.weight`),
  )
})

test('a new block with deep training passes its input on, as a plain one does', (t) => {
  for (const deepTraining of [false, true]) {
    const resNet = new ResNet({ depth: 18, baseChannels: 4, deepTraining }).initialize(1)
    const x = tf.relu(tf.randomNormal([1, 5, 5, 4], 0, 1, 'float32', 1)) as tf.Tensor4D
    const y = resNet.layer1[1].forward(x, {})
    t.is(tf.max(tf.abs(tf.sub(y, x))).dataSync()[0], 0)
  }
})

test('lambda counts with deep training only', (t) => {
  const images = tf.randomNormal([1, 64, 64, 3], 0, 1, 'float32', 1) as tf.Tensor4D
  const change = (options: Partial<ResNetOptions>) => {
    const resNet = network(options)
    const [, , , mixed] = resNet.forward(images, { lambda: tf.scalar(0.3) })
    return tf.max(tf.abs(tf.sub(mixed, resNet.forward(images)[3]))).dataSync()[0]
  }
  t.is(change({ series: 1 }), 0)
  t.true(change({ deepTraining: true }) > 1e-3)
})

test('a plain ResNet keeps its one form, whatever form is asked for', async (t) => {
  const build = (form: 'train' | 'deploy') =>
    backbones.create({ type: 'ResNet', depth: 18 }, { form })
  const namesOf = (form: 'train' | 'deploy') =>
    build(form)
      .namedParameters()
      .map(([name]) => name)
  t.deepEqual(namesOf('deploy'), namesOf('train'))
  t.false(isMergeable(build('deploy')))
  const error = await t.throwsAsync(mergeBackbone(build('train')), { instanceOf: ConfigError })
  t.is(
    error.message,
    'model.backbone is ResNet, which has no deploy form; use its weights as they are',
  )
  const both = { type: 'ResNet', depth: 18, deepTraining: true, series: 1 } as const
  const deploy = backbones.create(both, { form: 'deploy' })
  t.true(isMergeable(deploy) && deploy.form === 'deploy')
  const direct = await t.throwsAsync((deploy as ResNet).reparameterized(async (a) => a))
  t.is(
    direct.message,
    'ResNet.reparameterized: this is the deploy form; call it on the training form of one with deepTraining or series',
  )
})
