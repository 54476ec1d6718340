import test from 'ava'
import { matrixProduct } from '../../deploy/reparameterize.js'
import {
  assignMerged,
  BatchNorm,
  Conv2d,
  type ConvNorm,
  ConvPair,
  forwardPair,
  mergePair,
  Random,
  randomizeNorms,
} from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

/** A convolution and a norm with values and statistics of their own. */
function randomLayer(seed: number, conv: Conv2d, channels: number): ConvNorm {
  const random = new Random('conv pair', seed)
  const norm = new BatchNorm({ channels })
  conv.initialize(seed)
  conv.bias!.data = Float32Array.from({ length: channels }, () => random.normal())
  norm.weight.data = Float32Array.from({ length: channels }, () => random.normal())
  norm.bias.data = Float32Array.from({ length: channels }, () => random.normal())
  norm.running_mean.data = Float32Array.from({ length: channels }, () => random.normal())
  norm.running_var.data = Float32Array.from({ length: channels }, () => 0.5 + random.uniform())
  return [conv, norm]
}

const size = { kernelSize: 3, stride: 2, padding: 1 }
const pair: [ConvNorm, ConvNorm] = [
  randomLayer(1, new Conv2d({ inChannels: 2, outChannels: 3, ...size }), 3),
  randomLayer(2, new Conv2d({ inChannels: 3, outChannels: 4, kernelSize: 1 }), 4),
]
const x = tf.randomNormal([2, 7, 6, 2], 0, 1, 'float32', 3) as tf.Tensor4D

test('without lambda the pair is its merged convolution, borders and all', async (t) => {
  const merged = new Conv2d({ inChannels: 2, outChannels: 4, ...size })
  assignMerged(merged, await mergePair(pair, matrixProduct))
  assertClose(t, merged.forward(x), forwardPair(x, pair, {}), 1e-5)
})

test('lambda is the slope below 0 between the two', (t) => {
  const [[conv1, norm1], [conv2, norm2]] = pair
  const hidden = norm1.forward(conv1.forward(x))
  for (const lambda of [0, 0.25]) {
    const expected = norm2.forward(conv2.forward(tf.leakyRelu(hidden, lambda)))
    assertClose(t, forwardPair(x, pair, { lambda: tf.scalar(lambda) }), expected, 1e-6)
  }
})

test('a ConvPair in the place of a convolution is merged into it', async (t) => {
  const options = { inChannels: 2, outChannels: 4, ...size }
  const replacement = new ConvPair(options).initialize(1)
  randomizeNorms(replacement, 2)
  const shapes = replacement.namedParameters().map(([name, { shape }]) => `${name} ${shape}`)
  t.deepEqual(
    shapes.filter((line) => line.includes('.0.')),
    ['conv1.0.weight 4,2,3,3', 'conv1.0.bias 4', 'conv2.0.weight 4,4,1,1', 'conv2.0.bias 4'],
  )
  const merged = new Conv2d(options)
  await replacement.mergeInto(merged, matrixProduct)
  assertClose(t, merged.forward(x), replacement.forward(x), 1e-5)
})

test('a ConvPair that does not train has buffers only', (t) => {
  const frozen = new ConvPair({ inChannels: 2, outChannels: 4, ...size, trainable: false })
  t.true(frozen.namedParameters().every(([, { trainable }]) => !trainable))
})
