import test from 'ava'
import { MaskHead } from '../../heads/mask_head.js'
import { normal, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

/** Three classes, RoIs of 3 x 3 cells with 2 channels, one convolution. */
const smallHead = () =>
  new MaskHead({ numClasses: 3, inChannels: 2, roiSize: 3, numConvs: 1, convChannels: 4 })

const random = new Random(5)
const features = tf.tensor4d(normal(1)([4, 3, 3, 2], random), [4, 3, 3, 2])
const labels = (...values: number[]) => tf.tensor1d(values, 'int32')

test('parameters have the names, shapes and number of mmdetection', (t) => {
  const head = new MaskHead({ numClasses: 80 })
  const shapes = Object.fromEntries(head.namedParameters().map(([name, p]) => [name, p.shape]))
  t.deepEqual(shapes['convs.0.conv.weight'], [256, 256, 3, 3])
  t.deepEqual(shapes['convs.3.conv.bias'], [256])
  t.deepEqual(shapes['upsample.weight'], [256, 256, 2, 2])
  t.deepEqual(shapes['conv_logits.weight'], [80, 256, 1, 1])
  const count = (part: string) =>
    Object.entries(shapes)
      .filter(([name]) => name.startsWith(part))
      .reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b), 0)
  t.deepEqual(['convs', 'upsample', 'conv_logits'].map(count), [2_360_320, 262_400, 20_560])
})

test('fresh weights are as mmdetection draws them', (t) => {
  const head = new MaskHead({ numClasses: 80, inChannels: 32, convChannels: 64 }).initialize(0)
  const spread = (values: Float32Array, fanOut: number) =>
    Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length / (2 / fanOut))
  assertClose(t, spread(head.convs[0].conv.weight.data, 64 * 9), 1, 0.05)
  assertClose(t, spread(head.upsample.weight.data, 64 * 4), 1, 0.05)
  assertClose(t, spread(head.conv_logits.weight.data, 80), 1, 0.05)
})

test('a mask has twice as many cells as the features', (t) => {
  t.deepEqual(smallHead().forward(features).shape, [4, 6, 6, 3])
})

test('each RoI has the mask of its own class, and without a class a mask of 0', (t) => {
  const head = smallHead().initialize(1)
  const masks = tf.unstack(head.forward(features), 3) // [4, 6, 6] of each class
  const chosen = tf.unstack(head.logitsOf(features, labels(2, 0, -1, 1)))
  assertClose(t, chosen[0], tf.unstack(masks[2])[0])
  assertClose(t, chosen[1], tf.unstack(masks[0])[1])
  assertClose(t, chosen[2], Array(36).fill(0))
  assertClose(t, chosen[3], tf.unstack(masks[1])[3])
})

test('the loss is the mean over pixels of RoIs with a class', (t) => {
  const head = smallHead().initialize(1)
  const targets = tf.tensor3d(
    Array.from({ length: 144 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
    [4, 6, 6],
  )
  const classes = labels(1, 2, -1, -2)
  const logits = Array.from(head.logitsOf(features, classes).dataSync())
  const cost = (x: number, i: number) =>
    i % 3 === 0 ? Math.log(1 + Math.exp(-x)) : Math.log(1 + Math.exp(x))
  const sum = logits.slice(0, 72).reduce((total, x, i) => total + cost(x, i), 0)
  assertClose(t, head.loss(features, classes, targets), sum / 72)
})

test('without any class the loss and its gradients are 0', (t) => {
  const head = smallHead().initialize(1)
  const loss = (x: tf.Tensor) =>
    head.loss(x as tf.Tensor4D, labels(-1, -1, -2, -2), tf.ones([4, 6, 6]) as tf.Tensor3D)
  const { value, grad } = tf.valueAndGrad(loss)(features)
  assertClose(t, value, 0)
  assertClose(t, grad, Array(72).fill(0))
})

test('without convolutions the features go straight to the upsampling', (t) => {
  const head = new MaskHead({ numClasses: 3, inChannels: 2, roiSize: 3, numConvs: 0 })
  t.deepEqual(head.upsample.weight.shape, [2, 256, 2, 2])
  t.deepEqual(head.forward(features).shape, [4, 6, 6, 3])
})
