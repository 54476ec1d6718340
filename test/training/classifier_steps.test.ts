/**
 * Three updates of the recipe of VanillaNet: LAMB with layer-wise rates, binary cross-entropy of
 * mixed and smoothed targets, deep training and running averages, beside PyTorch and timm; the
 * numbers are made by test/fixtures/make_classifier_steps.py.
 */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { VanillaNet } from '../../backbones/vanillanet.js'
import { Classifier } from '../../classifiers/classifier.js'
import { floats, ints, scalar } from '../../host_tensor.js'
import { singleBatchIterations } from '../../training/iteration.js'
import { makeOptimizer } from '../../training/optim/optimizer.js'
import { TrainState } from '../../training/train_state.js'
import { assertClose } from '../helpers/assert_close.js'
import { readAll } from './read_all.js'

const reference = JSON.parse(
  readFileSync(new URL('../fixtures/classifier_steps.json', import.meta.url), 'utf8'),
) as {
  order: string[]
  losses: number[]
  state: Record<string, number[]>
  ema: Record<string, number[]>
}

const [COUNT, SIDE, CLASSES] = [4, 16, 6]
const STEPS = [
  { lambda: 0, boxXyxy: [0, 0, 0, 0], pixelShare: 0.3, targetShare: 0.3 },
  { lambda: 0.5, boxXyxy: [4, 2, 12, 16], pixelShare: 1, targetShare: 1 - (8 * 14) / 256 },
  { lambda: 0.75, boxXyxy: [0, 0, 0, 0], pixelShare: 1, targetShare: 1 },
]

/** Values that both sides compute: waves, around 1 for scales and variances. */
function fill(model: Classifier): void {
  for (const [name, parameter] of model.namedParameters()) {
    const index = reference.order.indexOf(name)
    const isScale =
      name.endsWith('running_var') || (parameter.shape.length === 1 && name.endsWith('weight'))
    parameter.data = Float32Array.from(parameter.data, (_, i) => {
      return Math.sin(i * 0.7 + index) * 0.3 + (isScale ? 1 : 0)
    })
  }
}

function batchOf(step: number) {
  const { boxXyxy, pixelShare, targetShare } = STEPS[step]
  const pixels = Uint8Array.from({ length: COUNT * SIDE * SIDE * 3 }, (_, i) => {
    return (i * 37 + Math.floor(i / 5) * 11 + step * 101) % 256
  })
  const labels = Array.from({ length: COUNT }, (_, i) => (step + 2 * i) % CLASSES)
  return {
    images: { dtype: 'uint8' as const, shape: [COUNT, SIDE, SIDE, 3], data: pixels },
    labels: ints(labels, [COUNT]),
    mixing: {
      boxXyxy: floats(boxXyxy, [4]),
      pixelShare: scalar(pixelShare),
      targetShare: scalar(targetShare),
    },
  }
}

/**
 * A bias that a norm takes out again, with its running mean, has no gradient but what rounding
 * leaves, which LAMB makes a full step of.
 */
const UNDETERMINED =
  /(?:stem[12]|conv[12])\.(?:0\.bias|1\.running_mean)$|cls1\.(?:2\.bias|3\.running_mean)$|bn\.bias$/

test('three updates of the recipe are those of PyTorch and timm', async (t) => {
  const backbone = new VanillaNet({
    ...{ dims: [4, 8, 8], strides: [2, 1], actNum: 1, numClasses: CLASSES },
  })
  const model = new Classifier({ backbone, loss: 'binaryCrossEntropy', labelSmoothing: 0.1 })
  fill(model)
  const trainable = model.namedParameters().filter(([, p]) => p.trainable)
  const optimizer = makeOptimizer(
    {
      ...{ type: 'LAMB', learningRate: 5e-3, weightDecay: 0.3 },
      layerDecay: { rate: 0.8, numLayers: 2 },
    },
    Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape])),
  )
  const state = TrainState.of(model, optimizer.slots, { ema: true })
  const iterations = singleBatchIterations(model, state, { optimizer, emaDecay: 0.9 })
  const losses: number[] = []
  for (const [step, { lambda }] of STEPS.entries()) {
    const inputs = { batches: [batchOf(step)], learningRate: 5e-3, step: step + 1, lambda }
    losses.push((await iterations.run(inputs)).metrics.loss)
  }
  assertClose(t, losses, reference.losses, 1e-5)
  const { parameters, buffers, ema } = readAll(state.current)
  const trained = { ...parameters, ...buffers }
  const compared = Object.keys(reference.state).filter((name) => !UNDETERMINED.test(name))
  t.is(compared.length, 42)
  for (const name of compared) {
    const values = reference.state[name]
    assertClose(t, trained[name].data, values, 1e-5)
    assertClose(t, ema[name].data, reference.ema[name], 1e-5)
  }
  await iterations.dispose()
  state.dispose()
})
