import test from 'ava'
import { SwinTransformer } from '../../backbones/swin.js'
import { VanillaNet } from '../../backbones/vanillanet.js'
import { Classifier, type ClassifierBatch } from '../../classifiers/classifier.js'
import { ConfigError } from '../../errors.js'
import { floats, type HostTensor, ints, scalar } from '../../host_tensor.js'
import { functionalCall } from '../../nn/module.js'
import { softCrossEntropy } from '../../ops/soft_targets.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const network = { dims: [4, 8], strides: [2], actNum: 1, numClasses: 3 } as const

function pixels(shape: readonly number[], seed: number): HostTensor {
  const random = new Random(seed)
  const size = shape.reduce((product, side) => product * side)
  return ints(
    Array.from({ length: size }, () => random.integer(256)),
    shape,
  )
}

const images = pixels([4, 16, 16, 3], 1)
const labels = ints([0, 2, 1, 1], [4])
const batch = (): ClassifierBatch => ({
  images: tf.tensor4d(images.data as Int32Array, [4, 16, 16, 3], 'int32'),
  labels: tf.tensor1d(labels.data as Int32Array, 'int32'),
})

test('parameters have the names of the backbone', (t) => {
  const backbone = new VanillaNet(network)
  const names = new Classifier({ backbone }).namedParameters().map(([name]) => name)
  t.deepEqual(
    names,
    backbone.namedParameters().map(([name]) => name),
  )
  t.true(names.includes('cls1.2.weight'))
})

test('the loss is the cross-entropy of normalised images, with smoothed labels', (t) => {
  const backbone = new VanillaNet(network).initialize(0)
  const mean = [1, 2, 3]
  const std = [10, 20, 30]
  const model = new Classifier({
    ...{ backbone, pixelMean: mean, pixelStd: std },
    labelSmoothing: 0.3,
  })
  const { loss } = model.loss(batch())
  const x = tf.div(tf.sub(batch().images, tf.tensor1d(mean)), tf.tensor1d(std)) as tf.Tensor4D
  const targets = [
    [0.8, 0.1, 0.1],
    [0.1, 0.1, 0.8],
    [0.1, 0.8, 0.1],
    [0.1, 0.8, 0.1],
  ]
  const expected = softCrossEntropy(backbone.classify(x), tf.tensor2d(targets))
  assertClose(t, loss, expected, 1e-5)
})

test('binary cross-entropy of zero logits is ln 2', (t) => {
  const backbone = new VanillaNet(network).initialize(0)
  for (const [name, parameter] of backbone.namedParameters()) {
    if (name.startsWith('cls2')) parameter.data = new Float32Array(parameter.data.length)
  }
  const { loss } = new Classifier({ backbone, loss: 'binaryCrossEntropy' }).loss(batch())
  assertClose(t, loss, [Math.LN2], 1e-6)
})

test('scores are probabilities, in the order of the logits', (t) => {
  const model = new Classifier({ backbone: new VanillaNet(network).initialize(3) })
  const { scores } = model.predict(batch())
  t.deepEqual(scores.shape, [4, 3])
  assertClose(t, tf.sum(scores, 1), [1, 1, 1, 1], 1e-6)
})

test('dropout takes its noise from the batch, and only while training', (t) => {
  const backbone = new VanillaNet({ ...network, dropRate: 0.5 }).initialize(0)
  const model = new Classifier({ backbone })
  t.deepEqual(model.noiseShapes({ images: [4, 16, 16, 3] }), { dropout: [4, 1, 1, 8] })
  const lossOf = (noise: number, training: boolean) =>
    model
      .loss({ ...batch(), noise: { dropout: tf.fill([4, 1, 1, 8], noise) } }, { training })
      .loss.dataSync()[0]
  t.not(lossOf(0.9, true), lossOf(0.1, true))
  t.is(lossOf(0.9, false), lossOf(0.1, false))
  t.throws(() => model.loss(batch(), { training: true }), {
    message:
      'VanillaNet.classify: dropRate is above 0, but options.noise has no dropout; draw noise of noiseShapes()',
  })
  t.throws(() => new VanillaNet({ ...network, dropRate: 1 }), {
    message: 'dropRate is 1; use a number from 0 to below 1',
  })
})

test('a backbone without a classifier is refused', (t) => {
  for (const backbone of [
    new VanillaNet({ ...network, numClasses: undefined }),
    new SwinTransformer({ embedDim: 8, depths: [1], numHeads: [1], outIndices: [0] }),
  ]) {
    t.throws(() => new Classifier({ backbone }), {
      instanceOf: ConfigError,
      message: `backbone is ${backbone.constructor.name}, which has no classifier here; use a VanillaNet, a ResNet or an AlexNet, or make a detector of it`,
    })
  }
})

for (const loss of ['crossEntropy', 'binaryCrossEntropy'] as const) {
  test(`training with erasing, mixing, dropout and lambda, traced equals eager: ${loss}`, async (t) => {
    const backbone = new VanillaNet({ ...network, dropRate: 0.25 }).initialize(5)
    const model = new Classifier({ backbone, loss, labelSmoothing: 0.1 })
    const named = model.namedParameters()
    const random = new Random(9)
    const noise = (shape: readonly number[]) =>
      floats(
        Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform()),
        shape,
      )
    const inputs = {
      state: Object.fromEntries(named.map(([name, p]) => [name, floats(p.data, p.shape)])),
      lambda: scalar(0.4),
      batch: {
        images,
        labels,
        erasing: {
          boxesXyxy: floats([1, 2, 5, 9, 0, 0, 0, 0, 3, 3, 16, 4, 0, 0, 2, 2], [4, 4]),
          noise: noise([16, 16, 3]),
        },
        mixing: {
          boxXyxy: floats([4, 4, 12, 16], [4]),
          pixelShare: scalar(1),
          targetShare: scalar(0.625),
        },
        noise: { dropout: noise([4, 1, 1, 8]) },
      },
    }
    type Inputs = { state: Record<string, tf.Tensor>; lambda: tf.Scalar; batch: ClassifierBatch }
    const train = ({ state, lambda, batch }: Inputs) => {
      const names = named.filter(([, p]) => p.trainable).map(([name]) => name)
      const f = (...values: tf.Tensor[]) => {
        const replaced = Object.fromEntries(names.map((name, i) => [name, values[i]]))
        const options = { training: true, lambda }
        return functionalCall(model, { ...state, ...replaced }, () => model.loss(batch, options))
          .result.loss
      }
      const values = names.map((name) => state[name])
      const { value, grads } = tf.valueAndGrads(f)(values)
      return { value, grads: Object.fromEntries(names.map((name, i) => [name, grads[i]])) }
    }
    await tracedEqualsEager(t, train, inputs, 1e-4)
  })
}
