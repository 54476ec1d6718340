/** Adam and LAMB, beside torch and timm; the numbers are made by test/fixtures/make_lamb.py. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { toTensor } from '../../../engine/tensors.js'
import * as tf from '../../../tf/tf.js'
import { makeOptimizer, type OptimizerOptions } from '../../../training/optim/optimizer.js'
import { updateState } from '../../../training/optim/update.js'
import { assertClose } from '../../helpers/assert_close.js'

type Numbers = Record<string, number[]>
interface Run {
  initial: Numbers
  steps: { gradients: Numbers; parameters: Numbers }[]
}

const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/lamb.json', import.meta.url), 'utf8'),
) as { shapes: Numbers; lamb: Run; lamb_clipped: Run; adam: Run }
const { shapes } = reference

const tensorsOf = (numbers: Numbers) =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, values]) => [name, tf.tensor(values, shapes[name])]),
  )

function threeSteps(options: OptimizerOptions, { initial, steps }: Run) {
  const optimizer = makeOptimizer(options, shapes)
  const zeros = () => Object.fromEntries(Object.keys(shapes).map((n) => [n, tf.zeros(shapes[n])]))
  let state = {
    parameters: tensorsOf(initial) as Record<string, tf.Tensor>,
    optimizer: Object.fromEntries(optimizer.slots.map((slot) => [slot, zeros()])),
    buffers: {},
    ema: {},
  }
  return steps.map(({ gradients }, index) => {
    const rate = (options.learningRate * (index + 1)) / steps.length
    const scalars = optimizer
      .scalars(rate, index + 1)
      .map((group) =>
        Object.fromEntries(Object.entries(group).map(([k, v]) => [k, toTensor(v) as tf.Scalar])),
      )
    const updated = updateState(state, { gradients: tensorsOf(gradients) }, scalars, { optimizer })
    state = { ...updated.state, buffers: {}, ema: {} } as typeof state
    return state.parameters
  })
}

const common = { learningRate: 0.02, decayVectors: false }
const cases: Record<'lamb' | 'lamb_clipped' | 'adam', OptimizerOptions> = {
  lamb: { type: 'LAMB', ...common, weightDecay: 0.3 },
  lamb_clipped: { type: 'LAMB', ...common, weightDecay: 0.3 },
  adam: { type: 'Adam', ...common, weightDecay: 0.1 },
}
for (const [name, options] of Object.entries(cases)) {
  const run = reference[name as keyof typeof cases]
  test(`three steps of ${name} are those of the reference`, (t) => {
    for (const [step, parameters] of threeSteps(options, run).entries()) {
      for (const [key, expected] of Object.entries(run.steps[step].parameters)) {
        assertClose(t, parameters[key], expected, 1e-5)
      }
    }
  })
}

test('a lower norm of one’s own clips LAMB further, a higher one does not', (t) => {
  const run = reference.lamb_clipped
  const after = (maxGradNorm?: number) => {
    const optimizer = makeOptimizer(cases.lamb_clipped, shapes)
    const state = {
      parameters: tensorsOf(run.initial),
      optimizer: { m: tensorsOf(zeros(run.initial)), v: tensorsOf(zeros(run.initial)) },
      buffers: {},
      ema: {},
    }
    const scalars = optimizer
      .scalars(0.02, 1)
      .map((group) =>
        Object.fromEntries(Object.entries(group).map(([k, v]) => [k, toTensor(v) as tf.Scalar])),
      )
    const gradients = tensorsOf(run.steps[0].gradients)
    return updateState(state, { gradients }, scalars, { optimizer, maxGradNorm }).state.optimizer.m
  }
  const norm = (m: Record<string, tf.Tensor>) =>
    Math.sqrt(Object.values(m).reduce((sum, x) => sum + tf.sum(tf.square(x)).dataSync()[0], 0))
  assertClose(t, norm(after()), 1, 1e-4)
  assertClose(t, norm(after(5)), 1, 1e-4)
  assertClose(t, norm(after(0.25)), 0.25, 1e-4)
})

function zeros(numbers: Numbers): Numbers {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, values]) => [name, values.map(() => 0)]),
  )
}
