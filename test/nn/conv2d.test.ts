import test from 'ava'
import { floats } from '../../host_tensor.js'
import { Conv2d, functionalCall, normal, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

/** A convolution by its definition, NCHW, for one image: the reference. */
function plainConv(
  x: number[][][],
  weight: number[][][][],
  { stride, padding, depthwise }: { stride: number; padding: number; depthwise: boolean },
): number[][][] {
  const side = (length: number) =>
    Math.floor((length + 2 * padding - weight[0][0].length) / stride) + 1
  return weight.map((kernels, o) =>
    Array.from({ length: side(x[0].length) }, (_, row) =>
      Array.from({ length: side(x[0][0].length) }, (_, column) => {
        let sum = 0
        for (const [c, kernel] of kernels.entries()) {
          for (const [i, taps] of kernel.entries()) {
            for (const [j, tap] of taps.entries()) {
              const channel = x[depthwise ? o : c]
              sum +=
                tap * (channel[row * stride + i - padding]?.[column * stride + j - padding] ?? 0)
            }
          }
        }
        return sum
      }),
    ),
  )
}

for (const { kernelSize, stride, padding } of [
  { kernelSize: 1, stride: 1, padding: 0 },
  { kernelSize: 3, stride: 1, padding: 1 },
  { kernelSize: 3, stride: 2, padding: 1 },
  { kernelSize: 4, stride: 3, padding: 1 },
  { kernelSize: 4, stride: 4, padding: 0 },
]) {
  for (const depthwise of [false, true]) {
    const kind = depthwise ? 'depthwise' : 'dense'
    test(`${kind} ${kernelSize}x${kernelSize}, stride ${stride}, padding ${padding} is the plain sum`, (t) => {
      const channels = depthwise ? { inChannels: 3, groups: 3 } : { inChannels: 2 }
      const conv = new Conv2d({ ...channels, outChannels: 3, kernelSize, stride, padding })
      conv.initialize(1)
      conv.bias!.data = Float32Array.of(10, 20, 30)
      const x = tf.randomNormal([8, 11, channels.inChannels]) as tf.Tensor3D
      const planes = tf.transpose(x, [2, 0, 1]).arraySync() as number[][][]
      const weight = tf.tensor(conv.weight.data, [...conv.weight.shape]).arraySync()
      const expected = plainConv(planes, weight as number[][][][], { stride, padding, depthwise })

      const y = conv.forward(tf.expandDims(x) as tf.Tensor4D)
      const actual = tf.transpose(tf.squeeze(y, [0]), [2, 0, 1])
      t.deepEqual(actual.shape, [3, expected[0].length, expected[0][0].length])
      const withBias = expected.map((plane, o) =>
        plane.map((row) => row.map((v) => v + 10 * (o + 1))),
      )
      assertClose(t, actual, withBias, 1e-5)
    })
  }
}

test('gradients reach the kernel in its own layout', (t) => {
  const conv = new Conv2d({ inChannels: 2, outChannels: 3, kernelSize: 3, padding: 1, stride: 2 })
  const x = tf.ones([1, 4, 4, 2]) as tf.Tensor4D
  const weight = conv.weight.value
  const gradient = tf.grad((w: tf.Tensor) => {
    conv.weight.substituteWith(w)
    const sum = tf.sum(conv.forward(x))
    conv.weight.release()
    return sum
  })(weight)
  t.deepEqual(gradient.shape, [3, 2, 3, 3])
  // Of four windows at stride 2, the top row of the kernel is on padding in two, its corner in
  // three.
  assertClose(t, tf.slice(gradient, [1, 1, 0, 0], [1, 1, 3, 3]), [1, 2, 2, 2, 4, 4, 2, 4, 4])
})

for (const [kind, options] of Object.entries({
  'dense, unevenly strided': {
    inChannels: 2,
    outChannels: 3,
    kernelSize: 3,
    stride: 2,
    padding: 1,
  },
  'dense, a patch at a time': { inChannels: 2, outChannels: 3, kernelSize: 4, stride: 4 },
  depthwise: { inChannels: 3, outChannels: 3, kernelSize: 5, padding: 2, groups: 3 },
})) {
  test(`${kind}: the same traced, with all gradients`, async (t) => {
    const conv = new Conv2d(options)
    const random = new Random(1)
    const draw = (shape: readonly number[]) => floats(normal(1)(shape, random), shape)
    const inputs = {
      x: draw([2, 9, 10, options.inChannels]),
      weight: draw(conv.weight.shape),
      bias: draw(conv.bias!.shape),
    }
    const valueAndGradients = ({ x, weight, bias }: Record<keyof typeof inputs, tf.Tensor>) =>
      tf.valueAndGrads((x, weight, bias) => {
        const call = () => tf.mean(tf.square(conv.forward(x as tf.Tensor4D))) as tf.Scalar
        return functionalCall(conv, { weight, bias }, call).result
      })([x, weight, bias])
    await tracedEqualsEager(t, valueAndGradients, inputs)
  })
}

test('a convolution without bias has no such parameter', (t) => {
  const conv = new Conv2d({ inChannels: 1, outChannels: 1, kernelSize: 1, bias: false })
  t.deepEqual(
    conv.namedParameters().map(([name]) => name),
    ['weight'],
  )
})

test('groups between dense and depthwise are refused', (t) => {
  const error = t.throws(
    () => new Conv2d({ inChannels: 8, outChannels: 8, kernelSize: 3, groups: 2 }),
  )
  t.is(
    error.message,
    'Conv2d: groups is 2 for 8 input and 8 output channels; ' +
      'use 1, or the number of channels on both sides for a depthwise convolution',
  )
})
