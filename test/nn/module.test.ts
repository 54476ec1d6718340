import test from 'ava'
import { BatchNorm, Conv2d, Module } from '../../nn/index.js'

class Pair extends Module {
  readonly convs = [new Conv2d({ inChannels: 1, outChannels: 2, kernelSize: 1, bias: false })]
  readonly norm = new BatchNorm({ channels: 2 })
  readonly frozen = new BatchNorm({ channels: 2, trainable: false })

  override forward(): void {}
}

test('trainableVariables are those of trained weights, in the order of namedParameters', (t) => {
  const pair = new Pair()
  const { convs, norm } = pair
  t.deepEqual(
    pair.trainableVariables().map(({ name }) => name),
    [convs[0].weight, norm.weight, norm.bias].map(({ variable }) => variable.name),
  )
})

test('two modules of one class have variables of their own', (t) => {
  const names = [new Pair(), new Pair()].flatMap((pair) => pair.trainableVariables())
  t.is(new Set(names.map(({ name }) => name)).size, 6)
})
