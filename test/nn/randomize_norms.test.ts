import test from 'ava'
import { BatchNorm, Conv2d, type ForwardOptions, Module, randomizeNorms } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'

class ConvNorm extends Module {
  readonly conv = new Conv2d({ inChannels: 64, outChannels: 64, kernelSize: 1 })
  readonly norm = new BatchNorm({ channels: 64 })

  override forward(x: tf.Tensor4D, options?: ForwardOptions): tf.Tensor4D {
    return this.norm.forward(this.conv.forward(x), options)
  }
}

function randomized(seed: number): ConvNorm {
  const module = new ConvNorm().initialize(1)
  randomizeNorms(module, seed)
  return module
}

test('every statistic of every channel becomes its own number', (t) => {
  const { norm } = randomized(5)
  for (const values of Object.values(norm.stateDict())) t.is(new Set(values).size, 64)
  t.true(norm.running_var.data.every((value) => value > 0))
})

test('the same seed draws the same numbers, another one others', (t) => {
  t.deepEqual(randomized(5).stateDict(), randomized(5).stateDict())
  t.notDeepEqual(randomized(5).norm.stateDict(), randomized(6).norm.stateDict())
})

test('convolutions keep their weights', (t) => {
  t.deepEqual(randomized(5).conv.stateDict(), new ConvNorm().initialize(1).conv.stateDict())
})

test('a signal of power one keeps a power near one', (t) => {
  const x = tf.randomNormal([1, 8, 8, 64], 0, 1, 'float32', 1) as tf.Tensor4D
  const power = tf.mean(tf.square(randomized(5).forward(x))).dataSync()[0]
  t.true(power > 0.5 && power < 2.5, `${power}`)
})
