import test, { type ExecutionContext } from 'ava'
import { compile } from '../../engine/compile.js'
import type { EngineName } from '../../engine/compute_options.js'
import { openMemory } from '../../engine/memory.js'
import type { RunTensor } from '../../engine/tensors.js'
import { floats, type HostTensor, scalar } from '../../host_tensor.js'
import { Parameter } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { singleBatchIterations } from '../../training/iteration.js'
import { makeOptimizer, type OptimizerOptions } from '../../training/optim/optimizer.js'
import { makeGradientStep, makeTrainStep, makeUpdateStep } from '../../training/step.js'
import { TrainState, zerosOf } from '../../training/train_state.js'
import { assertClose } from '../helpers/assert_close.js'
import { readAll } from './read_all.js'
import { TinyDetector, tinyBatch } from './tiny_detector.js'

const plainSGD: OptimizerOptions = { type: 'SGD', learningRate: 0.1 }
const names = ['weight', 'bias']

function setUp(
  options: OptimizerOptions,
  { ema = false, engine }: { ema?: boolean; engine?: EngineName } = {},
) {
  const detector = new TinyDetector().initialize(5)
  const shapes = { weight: [4, 3], bias: [4] }
  const optimizer = makeOptimizer(options, shapes)
  const state = TrainState.of(detector, optimizer.slots, { ema, memory: openMemory({ engine }) })
  return { detector, optimizer, state }
}

test('the gradients are those of finite differences', async (t) => {
  const { detector, state } = setUp(plainSGD)
  const { parameters, buffers } = readAll(state.current)
  const batch = tinyBatch(1)
  const step = compile(makeGradientStep(detector), { name: 'gradientStep' })
  const lossOf = async (values: Record<string, HostTensor>) => {
    const gathered = zerosOf(parameters)
    const { metrics } = await step.run({
      parameters: values,
      buffers,
      gathered,
      batch,
      forward: {},
    })
    return metrics.loss.data[0]
  }
  const gathered = zerosOf(parameters)
  const results = await step.run({ parameters, buffers, gathered, batch, forward: {} })
  const h = 1e-2 // the loss is quadratic, so central differences are exact but for rounding
  for (const name of names) {
    const { data, shape } = parameters[name]
    for (const i of data.keys()) {
      const shifted = [h, -h].map((by) => {
        const moved = Float32Array.from(data)
        moved[i] += by
        return { ...parameters, [name]: floats(moved, shape) }
      })
      const [above, below] = [await lossOf(shifted[0]), await lossOf(shifted[1])]
      assertClose(t, results.gathered[name].data[i], (above - below) / (2 * h), 1e-3)
    }
  }
})

test('the loss is the sum of the parts that are called loss, and the other parts are told too', async (t) => {
  const { detector, optimizer, state } = setUp(plainSGD)
  const step = compile(makeTrainStep(detector, { optimizer }), { name: 'trainStep' })
  const { metrics } = await step.run(inputsOf(state, optimizer.scalars(0.1, 1)))
  t.deepEqual(Object.keys(metrics).sort(), [
    'gradNorm',
    'largest_error',
    'loss',
    'loss_corner',
    'loss_extent',
  ])
  const [loss, corner, extent] = ['loss', 'loss_corner', 'loss_extent'].map(
    (name) => metrics[name].data[0],
  )
  assertClose(t, loss, corner + extent)
})

test('only buffers that the step changed come out', async (t) => {
  const { detector, optimizer, state } = setUp(plainSGD)
  const step = compile(makeTrainStep(detector, { optimizer }), { name: 'trainStep' })
  const { state: written } = await step.run(inputsOf(state, optimizer.scalars(0.1, 1)))
  t.deepEqual(Object.keys(written.buffers), ['running_mean'])
  t.deepEqual(Object.keys(written.parameters), names)
})

test('two batches gathered are one step of their mean gradient', async (t) => {
  const adamW: OptimizerOptions = { type: 'AdamW', learningRate: 0.1, maxGradNorm: 0.5 }
  const { detector, optimizer, state } = setUp(adamW, { ema: true })
  const options = { optimizer, maxGradNorm: 0.5, emaDecay: 0.9 }
  const { parameters, buffers } = state.current
  const gradientStep = compile(makeGradientStep(detector), { name: 'gradientStep' })
  const updateStep = compile(makeUpdateStep(options), { name: 'updateStep' })
  const groups = optimizer.scalars(0.1, 1)
  let gathered: Record<string, RunTensor> = zerosOf(parameters)
  let changed: Record<string, HostTensor> = {}
  for (const _ of [0, 1]) {
    const batch = tinyBatch(0)
    const inputs = { parameters, buffers, gathered, batch, forward: {} }
    const results = await gradientStep.run(inputs)
    gathered = results.gathered
    changed = results.buffers
  }
  const inputs = { state: { ...state.current, buffers: changed }, gathered, groups }
  const twice = await updateStep.run({ ...inputs, share: scalar(1 / 2) })

  const step = compile(makeTrainStep(detector, options), { name: 'trainStep' })
  const once = await step.run(inputsOf(state, groups))
  for (const name of names) {
    assertClose(t, twice.state.parameters[name].data, once.state.parameters[name].data, 1e-6)
    assertClose(t, twice.state.ema[name].data, once.state.ema[name].data, 1e-6)
  }
  t.deepEqual(Object.keys(twice.state.ema), Object.keys(once.state.ema))
  assertClose(t, twice.gradNorm.data, once.metrics.gradNorm.data, 1e-6)
})

test('lambda reaches the forward pass', async (t) => {
  const { detector, optimizer, state } = setUp(plainSGD)
  const step = compile(makeTrainStep(detector, { optimizer }), { name: 'trainStep' })
  const inputs = inputsOf(state, optimizer.scalars(0.1, 1))
  const run = async (forward: Record<string, HostTensor>) =>
    (await step.run({ ...inputs, forward })).metrics.loss.data[0]
  const [relu, identity, none] = [
    await run({ lambda: scalar(0) }),
    await run({ lambda: scalar(1) }),
    await run({}),
  ]
  t.not(relu, identity)
  assertClose(t, identity, none)
})

test('three traced steps are those of the eager engine', async (t) => {
  const adamW: OptimizerOptions = { type: 'AdamW', learningRate: 0.05, weightDecay: 0.1 }
  const results = await Promise.all(
    (['onnxruntime', 'tfjs'] as const).map(async (engine) => {
      const { detector, optimizer, state } = setUp(adamW, { ema: true, engine })
      const options = { optimizer, maxGradNorm: 0.1, emaDecay: 0.9, compute: { engine } }
      const iterations = singleBatchIterations(detector, state, options)
      const metrics: number[] = []
      for (const step of [1, 2, 3]) {
        const inputs = { batches: [tinyBatch(0)], learningRate: 0.05, step, lambda: 1 }
        metrics.push(...Object.values((await iterations.run(inputs)).metrics))
      }
      const { parameters, buffers, ema } = readAll(state.current)
      const tensors = [parameters, buffers, ema].flatMap((record) => Object.values(record))
      return [...metrics, ...tensors.flatMap(({ data }) => [...data])]
    }),
  )
  assertClose(t, results[0], results[1], 1e-5)
})

test('a step leaves no tensors behind', async (t) => {
  const engine = 'tfjs'
  const { detector, optimizer, state } = setUp(plainSGD, { engine })
  const step = compile(makeTrainStep(detector, { optimizer }), { name: 'trainStep', engine })
  const inputs = inputsOf(state, optimizer.scalars(0.1, 1))
  await step.run(inputs)
  const before = tf.memory().numTensors
  await step.run(inputs)
  t.is(tf.memory().numTensors, before)
})

/** Detector with a head that no loss looks at. */
class UnusedHead extends TinyDetector {
  readonly spare = new Parameter([2], () => new Float32Array(2))
}

test('a parameter that the loss does not depend on is named', async (t) => {
  const detector = new UnusedHead().initialize(1)
  const optimizer = makeOptimizer(plainSGD, { weight: [4, 3], bias: [4], spare: [2] })
  const state = TrainState.of(detector, optimizer.slots, { ema: false })
  const step = compile(makeTrainStep(detector, { optimizer }), { name: 'trainStep' })
  await throwsSentence(
    t,
    step.run(inputsOf(state, optimizer.scalars(0.1, 1))),
    'train: the loss does not depend on 1 of 3 parameters (spare); ' +
      'build the model without them, or make them `trainable: false`',
  )
})

function inputsOf(
  state: TrainState,
  groups: ReturnType<ReturnType<typeof makeOptimizer>['scalars']>,
) {
  return { state: state.current, batch: tinyBatch(0), forward: {}, groups }
}

async function throwsSentence(t: ExecutionContext, run: Promise<unknown>, sentence: string) {
  const error = await t.throwsAsync(run)
  t.true(error?.message.endsWith(sentence), error?.message)
}
