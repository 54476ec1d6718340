import test from 'ava'
import { toTensor } from '../../../engine/tensors.js'
import * as tf from '../../../tf/tf.js'
import { clipGradNorm, globalNorm } from '../../../training/optim/clip_grad_norm.js'
import {
  makeOptimizer,
  type OptimizerOptions,
  type Slots,
} from '../../../training/optim/optimizer.js'
import { assertClose } from '../../helpers/assert_close.js'
import { reference } from '../reference.js'

const { shapes, optimizers } = reference

const cases: Record<string, OptimizerOptions> = {
  adamw_layer_decay: {
    type: 'AdamW',
    learningRate: 0.02,
    weightDecay: 0.05,
    layerDecay: { rate: 0.6, numLayers: 6 },
  },
  adamw_betas: {
    type: 'AdamW',
    learningRate: 0.02,
    betas: [0.8, 0.95],
    eps: 1e-3,
    weightDecay: 0.1,
    maxGradNorm: 2,
  },
  sgd: { type: 'SGD', learningRate: 0.02, momentum: 0.9, weightDecay: 0.1 },
  sgd_nesterov: {
    type: 'SGD',
    learningRate: 0.02,
    momentum: 0.8,
    weightDecay: 0.01,
    nesterov: true,
  },
}

for (const [name, options] of Object.entries(cases)) {
  test(`three steps of ${name} are those of torch.optim`, (t) => {
    const { initial, steps } = optimizers[name]
    const optimizer = makeOptimizer(options, shapes)
    const parameters = tensorsOf(initial)
    const slots: Record<string, Slots> = {}
    for (const key of Object.keys(shapes)) {
      const zeros = optimizer.slots.map((slot) => [slot, tf.zeros(shapes[key])] as const)
      slots[key] = Object.fromEntries(zeros)
    }
    for (const [index, { gradients, norm, parameters: expected }] of steps.entries()) {
      const lr = (options.learningRate * (index + 1)) / steps.length
      const scalars = optimizer
        .scalars(lr, index + 1)
        .map((group) =>
          Object.fromEntries(Object.entries(group).map(([k, v]) => [k, toTensor(v) as tf.Scalar])),
        )
      const all = tensorsOf(gradients)
      const gradNorm = globalNorm(Object.values(all))
      assertClose(t, gradNorm, [norm], 1e-5)
      const { maxGradNorm } = options
      const clipped = maxGradNorm === undefined ? all : clipGradNorm(all, gradNorm, maxGradNorm)
      for (const [key, parameter] of Object.entries(parameters)) {
        const update = { name: key, parameter, gradient: clipped[key], slots: slots[key], scalars }
        const next = optimizer.update(update)
        parameters[key] = next.parameter
        slots[key] = next.slots
        assertClose(t, next.parameter, expected[key], 1e-6)
      }
    }
  })
}

function tensorsOf(values: Record<string, number[]>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, numbers]) => [name, tf.tensor(numbers, shapes[name])]),
  )
}
