import test from 'ava'
import type { Precision } from '../../engine/compute_options.js'
import { compile } from '../../engine/index.js'
import { CUDA_KERNELS } from '../../engine/runtime/cuda_kernel_list.js'
import { unsupportedNodes } from '../../engine/runtime/provider_kernels.js'
import { WEBGPU_KERNELS } from '../../engine/runtime/webgpu_kernel_list.js'
import { trace } from '../../engine/trace/trace.js'
import { targetOf } from '../../engine/traced.js'
import { floats, type HostTensor, sizeOf } from '../../host_tensor.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

interface Case {
  /** `n h w c`. */
  image: [number, number, number, number]
  kernel: [number, number]
  /** @default 1 */
  strides?: number | [number, number]
  /** @default 1 */
  dilations?: number
  /** Top, bottom, left, right. @default as 'same' pads at stride 1 */
  pads?: [number, number, number, number]
}

const cases: Record<string, Case> = {
  '1x1': { image: [2, 5, 6, 3], kernel: [1, 1] },
  '2x2': { image: [2, 9, 11, 3], kernel: [2, 2] },
  '3x3': { image: [2, 10, 17, 3], kernel: [3, 3] },
  '4x5': { image: [1, 12, 9, 2], kernel: [4, 5] },
  '7x7, a map that tiles cover exactly': { image: [1, 32, 32, 2], kernel: [7, 7] },
  '7x7, a map that tiles reach over': { image: [3, 31, 35, 2], kernel: [7, 7] },
  '13x13': { image: [1, 20, 23, 2], kernel: [13, 13] },
  '13x13 of a map smaller than the kernel': { image: [2, 5, 4, 3], kernel: [13, 13] },
  '7x7 of one pixel': { image: [3, 1, 1, 5], kernel: [7, 7] },
  '3x3 of one row': { image: [2, 1, 40, 2], kernel: [3, 3] },
  'one channel': { image: [2, 16, 16, 1], kernel: [5, 5] },
  'no padding': { image: [2, 17, 18, 3], kernel: [5, 3], pads: [0, 0, 0, 0] },
  'unequal padding': { image: [2, 14, 15, 2], kernel: [3, 4], pads: [2, 0, 1, 3] },
  'more padding than kernel': { image: [1, 8, 9, 2], kernel: [2, 3], pads: [3, 4, 5, 3] },
  'stride 2': { image: [2, 19, 22, 3], kernel: [3, 3], strides: 2, pads: [1, 1, 1, 1] },
  'strides 3 and 2, rows that no output sees': {
    image: [2, 21, 16, 3],
    kernel: [3, 5],
    strides: [3, 2],
    pads: [0, 1, 2, 1],
  },
  'stride 4 of a 2x2 kernel': { image: [1, 18, 17, 2], kernel: [2, 2], strides: 4 },
  'dilation 2': { image: [2, 18, 20, 2], kernel: [3, 4], dilations: 2, pads: [2, 2, 3, 3] },
}

/** Kernel sides, strides, dilations and pads of a case, and the size of its output. */
function windowOf({ image, kernel, strides = 1, dilations = 1, pads }: Case) {
  const stride = typeof strides === 'number' ? [strides, strides] : strides
  const reach = kernel.map((side) => (side - 1) * dilations)
  const same = reach.flatMap((side) => [Math.floor(side / 2), Math.ceil(side / 2)])
  const [top, bottom, left, right] = pads ?? same
  const outputSide = (side: number, axis: number) =>
    Math.floor((side - reach[axis] - 1) / stride[axis]) + 1
  const size = [outputSide(image[1] + top + bottom, 0), outputSide(image[2] + left + right, 1)]
  return { stride, dilation: dilations, pads: [top, bottom, left, right], size }
}

/** The sum of products, pixel by pixel. */
function plainGradient(x: HostTensor, dy: HostTensor, options: Case): number[] {
  const [n, h, w, channels] = options.image
  const { stride, dilation, pads, size } = windowOf(options)
  const [kh, kw] = options.kernel
  const sums = new Array<number>(kh * kw * channels).fill(0)
  for (let image = 0; image < n; image++) {
    for (let u = 0; u < kh; u++) {
      for (let v = 0; v < kw; v++) {
        for (let oy = 0; oy < size[0]; oy++) {
          const y = oy * stride[0] + u * dilation - pads[0]
          for (let ox = 0; ox < size[1]; ox++) {
            const column = ox * stride[1] + v * dilation - pads[2]
            if (y < 0 || y >= h || column < 0 || column >= w) continue
            for (let c = 0; c < channels; c++) {
              sums[(u * kw + v) * channels + c] +=
                x.data[((image * h + y) * w + column) * channels + c] *
                dy.data[((image * size[0] + oy) * size[1] + ox) * channels + c]
            }
          }
        }
      }
    }
  }
  return sums
}

/** The kernel of TensorFlow.js that `tf.grads` calls. */
function gradientOf(options: Case) {
  const { stride, dilation, pads } = windowOf(options)
  const [top, bottom, left, right] = pads
  const attributes = {
    strides: stride,
    dilations: [dilation, dilation],
    pad: [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    dimRoundingMode: 'floor' as const,
    filterShape: [...options.kernel, options.image[3], 1],
  }
  return ({ x, dy }: { x: tf.Tensor; dy: tf.Tensor }) => ({
    dw: tf
      .engine()
      .runKernel(
        tf.DepthwiseConv2dNativeBackpropFilter,
        { x, dy },
        attributes as unknown as tf.NamedAttrMap,
      ) as tf.Tensor,
  })
}

function random(shape: number[], name: string): HostTensor {
  const stream = new Random('depthwise kernel gradient', name)
  return floats(
    Float32Array.from({ length: sizeOf(shape) }, () => stream.uniform() - 0.5),
    shape,
  )
}

for (const [name, options] of Object.entries(cases)) {
  test(`${name}: the gradient of a depthwise kernel is the plain sum, for every target`, async (t) => {
    const { size } = windowOf(options)
    const [n, , , channels] = options.image
    const x = random(options.image, `${name} x`)
    const dy = random([n, ...size, channels], `${name} dy`)
    const expected = plainGradient(x, dy, options)
    for (const target of new Set([targetOf({}), 'portable'] as const)) {
      const compiled = compile(gradientOf(options), { name: t.title, target })
      const { dw } = await compiled.run({ x, dy })
      await compiled.dispose()
      t.deepEqual(dw.shape, [...options.kernel, channels, 1])
      assertClose(t, dw.data, expected, 1e-4)
    }
  })
}

/** Nodes for the target that GPUs use. */
function portableNodes(options: Case, precision: Precision = 'fp32') {
  const [n, , , channels] = options.image
  const signatures = {
    x: { dtype: 'float32' as const, shape: options.image },
    dy: { dtype: 'float32' as const, shape: [n, ...windowOf(options).size, channels] },
  }
  return trace('gradient', gradientOf(options), signatures, { target: 'portable', precision }).nodes
}

test('on GPUs it is one product of matrices of which tensor cores make use, and no convolution', (t) => {
  const nodes = portableNodes({ image: [1, 200, 336, 512], kernel: [7, 7] })
  const shapes = (op: string) =>
    nodes.filter((node) => node.op === op).map(({ inputs }) => inputs.map((value) => value?.shape))
  t.deepEqual(shapes('MatMul'), [
    [
      [512, 96, 700], // 8 x 12 pixels of a tile, 25 x 28 tiles
      [512, 700, 256], // tiles, 14 x 18 pixels that a tile sees, and 4 for alignment
    ],
  ])
  t.deepEqual(shapes('Conv'), [])
  for (const options of Object.values(cases)) {
    t.deepEqual(unsupportedNodes(portableNodes(options), CUDA_KERNELS), [])
    t.deepEqual(unsupportedNodes(portableNodes(options), WEBGPU_KERNELS), [])
  }
})

test('on GPUs the gradient of a pixel or two needs no tiles: sums are the product itself', (t) => {
  const ops = portableNodes({ image: [1, 1, 2, 4096], kernel: [7, 7] }).map(({ op }) => op)
  t.false(ops.includes('ReduceSum'))
})

test('in mixed precision the product is of float16, and its sums are of float32', (t) => {
  for (const side of [1, 24]) {
    const nodes = portableNodes({ image: [2, side, side, 8], kernel: [7, 7] }, 'fp16')
    const dtypes = (op: string) =>
      nodes.filter((node) => node.op === op).map(({ inputs }) => inputs[0]?.dtype)
    t.deepEqual(dtypes('MatMul'), ['float16'])
    t.deepEqual([...new Set(dtypes('ReduceSum'))], ['float32'])
    t.deepEqual(unsupportedNodes(nodes, CUDA_KERNELS), [])
  }
})
