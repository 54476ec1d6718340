import test from 'ava'
import { ConfigError } from '../../errors.js'
import { FPN, type FPNOptions } from '../../necks/fpn.js'
import type { Module } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'

interface FpnFixture {
  weights: Record<string, PackedTensor>
  features: PackedTensor[]
  onInput: PackedTensor[]
  pooled: PackedTensor[]
  'gradients of the sum of squares': PackedTensor[]
}

const fixture = readFixture<FpnFixture>('retinanet_fpn.json')
const features = fixture.features.map(tensor)

function tensor(packed: PackedTensor): tf.Tensor4D {
  return tf.tensor<tf.Rank.R4>(unpack(packed), packed.shape as tf.Tensor4D['shape'])
}

function load(module: Module): void {
  for (const [name, parameter] of module.namedParameters()) {
    parameter.data = unpack(fixture.weights[name])
  }
}

function pyramid(options: Partial<FPNOptions> = {}): FPN {
  const fpn = new FPN({ inChannels: [3, 4, 5], inStrides: [8, 16, 32], outChannels: 4, ...options })
  load(fpn)
  return fpn
}

test('maps of odd sizes, with levels on input, match PyTorch', (t) => {
  const outs = pyramid({ addExtraConvs: 'on_input' }).forward(features)
  t.deepEqual(
    outs.map((out) => out.shape),
    fixture.onInput.map(({ shape }) => shape),
  )
  for (const [level, out] of outs.entries()) assertClose(t, out, unpack(fixture.onInput[level]))
})

test('levels without convolutions take every second cell of the coarsest', (t) => {
  const outs = pyramid().forward(features)
  t.deepEqual(
    outs.map((out) => out.shape),
    fixture.pooled.map(({ shape }) => shape),
  )
  for (const [level, out] of outs.entries()) assertClose(t, out, unpack(fixture.pooled[level]))
})

test('gradients reach every input as in PyTorch', (t) => {
  const fpn = pyramid({ addExtraConvs: 'on_input' })
  const sumOfSquares = (...inputs: tf.Tensor[]) =>
    fpn
      .forward(inputs as tf.Tensor4D[])
      .map((out) => tf.sum(tf.square(out)))
      .reduce((a, b) => tf.add(a, b))
  const gradients = tf.grads(sumOfSquares)(features)
  for (const [i, wanted] of fixture['gradients of the sum of squares'].entries()) {
    assertClose(t, gradients[i], unpack(wanted), 1e-4) // sums of hundreds of float32 products
  }
})

test('parameters have the names and shapes of mmdetection', (t) => {
  const fpn = new FPN({
    inChannels: [3, 4, 5],
    inStrides: [8, 16, 32],
    outChannels: 6,
    addExtraConvs: 'on_input',
  })
  const named = Object.fromEntries(fpn.namedParameters().map(([name, p]) => [name, p.shape]))
  t.deepEqual(named['lateral_convs.2.conv.weight'], [6, 5, 1, 1])
  t.deepEqual(named['fpn_convs.0.conv.bias'], [6])
  t.deepEqual(named['fpn_convs.3.conv.weight'], [6, 5, 3, 3])
  t.deepEqual(named['fpn_convs.4.conv.weight'], [6, 6, 3, 3])
  t.is(Object.keys(named).length, 16)
})

test('the neck of RetinaNet VanillaNet-13 has 13,633,536 parameters', (t) => {
  const fpn = new FPN({
    inChannels: [1024, 2048, 4096],
    inStrides: [8, 16, 32],
    addExtraConvs: 'on_input',
  })
  const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)
  const total = fpn.namedParameters().reduce((sum, [, p]) => sum + count(p.shape), 0)
  t.is(total, 13_633_536)
})

test('a pyramid has the strides of the backbone, then twice the last, and says where RoIs are read', (t) => {
  const { strides, roiLevels } = pyramid()
  t.deepEqual([strides, roiLevels], [[8, 16, 32, 64, 128], 3])
  const later = pyramid({ startLevel: 1, numOuts: 2 })
  t.deepEqual([later.strides, later.roiLevels], [[16, 32], 2])
})

test('startLevel leaves out the finest maps', (t) => {
  const fpn = new FPN({
    inChannels: [3, 4, 5],
    inStrides: [8, 16, 32],
    outChannels: 4,
    startLevel: 1,
    numOuts: 2,
  })
  t.deepEqual(
    fpn.forward(features).map((out) => out.shape),
    [
      [2, 4, 6, 4],
      [2, 2, 3, 4],
    ],
  )
})

test('weights begin within the bound of Xavier, biases at 0', (t) => {
  const fpn = new FPN({ inChannels: [3], inStrides: [8], outChannels: 5, numOuts: 1 }).initialize(0)
  const { weight, bias } = fpn.lateral_convs[0].conv
  const largest = Math.max(...weight.data.map(Math.abs))
  t.true(largest <= Math.sqrt(6 / 8) && largest > 0.5 * Math.sqrt(6 / 8))
  t.deepEqual(Array.from(bias?.data ?? []), [0, 0, 0, 0, 0])
})

test('fewer levels than maps are refused', (t) => {
  const error = t.throws(
    () => new FPN({ inChannels: [3, 4, 5], inStrides: [8, 16, 32], numOuts: 2 }),
    {
      instanceOf: ConfigError,
    },
  )
  t.is(
    error?.message,
    'numOuts is 2, but 3 backbone maps are used; give at least one map, and at least as many levels as maps',
  )
})
