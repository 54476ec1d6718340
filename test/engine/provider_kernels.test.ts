import test from 'ava'
import { CUDA_KERNELS } from '../../engine/runtime/cuda_kernel_list.js'
import { type KernelList, unsupportedNodes } from '../../engine/runtime/provider_kernels.js'
import { WEBGPU_KERNELS } from '../../engine/runtime/webgpu_kernel_list.js'
import type { Attribute, ElementType } from '../../engine/trace/graph.js'
import { Graph } from '../../engine/trace/graph.js'
import { trace } from '../../engine/trace/trace.js'
import * as tf from '../../tf/tf.js'

/**
 * Reasons of CUDA for one node with inputs of these types, each `[2, 100]`, and an output like the
 * first.
 */
function reasonsFor(
  op: string,
  dtypes: readonly ElementType[],
  {
    attributes = {},
    domain = '',
    shape = [2, 100],
    output = dtypes[0],
    list = CUDA_KERNELS,
  }: Planted = {},
): { reasons: string[]; isShapeArithmetic: boolean } {
  const graph = new Graph()
  const inputs = dtypes.map((dtype) => graph.input(dtype, shape))
  const value = graph.node(op, inputs, { dtype: output, shape }, attributes, domain)
  const found = unsupportedNodes(graph.liveNodes([value]), list)
  return {
    reasons: found.map(({ reason }) => reason),
    isShapeArithmetic: found.every((node) => node.isShapeArithmetic),
  }
}

interface Planted {
  attributes?: Record<string, Attribute>
  domain?: string
  shape?: number[]
  output?: ElementType
  list?: KernelList
}

test('an operator of the list runs on CUDA, and one that is not in it does not', (t) => {
  t.deepEqual(reasonsFor('Add', ['float32', 'float32']).reasons, [])
  t.deepEqual(reasonsFor('Tan', ['float32']).reasons, ['Tan has no CUDA kernel'])
})

test('a type the kernel lacks is named, with those it has', (t) => {
  t.deepEqual(reasonsFor('GatherND', ['int32', 'int64']).reasons, [
    'GatherND has no CUDA kernel for input 0 of int32, but for bfloat16, bool, float16, float32, float64, int64',
  ])
  t.deepEqual(reasonsFor('IsInf', ['float32'], { output: 'float32' }).reasons, [
    'IsInf has no CUDA kernel for output 0 of float32, but for bool',
  ])
})

test('all inputs of an operator that takes any number of them have its type', (t) => {
  t.deepEqual(reasonsFor('Max', ['int32', 'int32', 'int32']).reasons, [])
  t.deepEqual(reasonsFor('Max', ['int32', 'int32', 'uint8']).reasons, [
    'Max has no CUDA kernel for input 2 of uint8, but for bfloat16, float16, float32, float64, int32, int64, uint32, uint64',
  ])
})

test('reasons name the provider whose list it is', (t) => {
  const list = WEBGPU_KERNELS
  t.deepEqual(reasonsFor('Or', ['bool', 'bool'], { list }).reasons, ['Or has no WebGPU kernel'])
  t.deepEqual(reasonsFor('Sin', ['int32'], { list }).reasons, [
    'Sin has no WebGPU kernel for input 0 of int32, but for float16, float32',
  ])
})

test('inputs that are left out have no type', (t) => {
  const graph = new Graph()
  const [x, scales] = [graph.input('float32', [1, 1, 2, 2]), graph.input('float32', [4])]
  const value = graph.node('Resize', [x, undefined, scales], x)
  t.deepEqual(unsupportedNodes(graph.liveNodes([value]), CUDA_KERNELS), [])
})

test('a kernel for an older definition without an end is none for the definition in use', (t) => {
  const inputs: ElementType[] = ['float32', 'float32', 'int64']
  t.deepEqual(reasonsFor('RoiAlign', inputs).reasons, [
    'RoiAlign has a CUDA kernel for definition 10, but opset 18 uses 16',
  ])
  t.deepEqual(reasonsFor('Identity', ['float32']).reasons, [], 'from 14 to 18')
})

test('convolutions over blocks of channels run on the CPU only', (t) => {
  const domain = 'com.microsoft.nchwc'
  t.deepEqual(reasonsFor('Conv', ['float32', 'float32'], { domain }).reasons, [
    'com.microsoft.nchwc.Conv has no CUDA kernel',
  ])
  const convolve = ({ x, kernel }: { x: tf.Tensor; kernel: tf.Tensor }) => ({
    y: tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same'),
  })
  const signatures = {
    x: { dtype: 'float32' as const, shape: [1, 16, 16, 16] },
    kernel: { dtype: 'float32' as const, shape: [3, 3, 16, 16] },
  }
  const opsOnCpu = (target: 'portable' | 'x64') =>
    unsupportedNodes(trace('conv', convolve, signatures, { target }).nodes, CUDA_KERNELS).length
  t.true(opsOnCpu('x64') > 0)
  t.is(opsOnCpu('portable'), 0)
})

test('transposed convolutions with unequal pads have no CUDA kernel, but one of WebGPU', (t) => {
  const reasons = (pads: number[], list: KernelList) =>
    reasonsFor('ConvTranspose', ['float32', 'float32'], { attributes: { pads }, list }).reasons
  t.deepEqual(reasons([1, 1, 1, 1], CUDA_KERNELS), [])
  t.deepEqual(reasons([0, 1, 1, 1], CUDA_KERNELS), [
    'ConvTranspose has a CUDA kernel for equal pads only, not for 0,1,1,1',
  ])
  t.deepEqual(reasons([0, 1, 1, 1], WEBGPU_KERNELS), [])
})

test('few integers are shape arithmetic; many, unknown many and floats are not', (t) => {
  const isShapeArithmetic = (dtype: ElementType, shape: number[]) =>
    reasonsFor('Unknown', [dtype], { shape }).isShapeArithmetic
  t.true(isShapeArithmetic('int64', [100]))
  t.true(isShapeArithmetic('bool', []))
  t.false(isShapeArithmetic('int64', [101]))
  t.false(isShapeArithmetic('int32', [-1]))
  t.false(isShapeArithmetic('float32', [1]))
})
