import { compile } from '../engine/compile.js'
import type { CompileOptions } from '../engine/compiled.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import { type HostTree, hostTensor, type RunTensor } from '../engine/tensors.js'
import { type HostTensor, scalar } from '../host_tensor.js'
import { DoubleBuffer } from './double_buffer.js'
import type { UpdateOptions } from './optim/update.js'
import { makeGradientStep, makeTrainStep, makeUpdateStep } from './step.js'
import { type TrainState, zerosOf } from './train_state.js'
import type { Trainable, TrainingTensors } from './trainable.js'

/** What changes from one iteration to the next, beside state and data. */
export interface IterationInputs {
  /** The batches of one update. */
  batches: readonly HostTree<TrainingTensors>[]
  learningRate: number
  /** The update's number, from 1. */
  step: number
  /** Deep-training lambda; 1 takes the activations out of the graph. */
  lambda: number
  /**
   * What the loss is multiplied by while gradients are taken. @default gradients are taken of the
   * loss itself
   */
  lossScale?: number
}

export interface IterationResult {
  /** `loss`, its parts and `gradNorm`; means over the batches. */
  metrics: Record<string, number>
  /**
   * False where a metric, or with `lossScale` a gradient or statistic, is not finite: the state is
   * as it was.
   */
  isUpdated: boolean
}

/** Runs updates one after the other on a state. */
export interface Iterations {
  /**
   * Makes the graphs that the batches of an update need and that are not there yet, so that `run`
   * only runs them.
   *
   * @param onCompile called before each.
   */
  prepare(
    inputs: IterationInputs,
    onCompile: (batch: HostTree<TrainingTensors>) => void,
  ): Promise<void>
  run(inputs: IterationInputs): Promise<IterationResult>
  dispose(): Promise<void>
}

export interface IterationOptions extends UpdateOptions {
  /** Where the state is. */
  compute?: ComputeOptions
  /** Graphs kept for batches of different shapes. @default 8 */
  cacheSize?: number
}

/** An update from one batch: a single graph. */
export function singleBatchIterations(
  model: Trainable,
  state: TrainState,
  options: IterationOptions,
): Iterations {
  const step = compile(makeTrainStep(model, options), named('trainStep', options))
  const stepInputs = (inputs: IterationInputs) => ({
    state: state.current,
    batch: inputs.batches[0],
    forward: forwardScalars(inputs),
    groups: options.optimizer.scalars(inputs.learningRate, inputs.step),
    ...lossScaleScalar(inputs),
  })
  return {
    async prepare(inputs, onCompile) {
      const tensors = stepInputs(inputs)
      if (step.isReady(tensors)) return
      onCompile(inputs.batches[0])
      await step.prepare(tensors)
    },
    async run(inputs) {
      const results = await step.run(stepInputs(inputs), { into: { state: state.into() } })
      state.take(results.state)
      return endUpdate(state, numbers(results.metrics), results.checksum)
    },
    dispose: () => step.dispose(),
  }
}

/**
 * An update from the mean gradient of several batches: one graph a batch, then one for the update.
 */
export function accumulatingIterations(
  model: Trainable,
  state: TrainState,
  options: IterationOptions,
): Iterations {
  const gradientStep = compile(makeGradientStep(model), named('gradientStep', options))
  const updateStep = compile(makeUpdateStep(options), named('updateStep', options))
  /** Sums of gradients; what it keeps from update to update are zeros. */
  const gathered = gradientSums(state)

  const gradientInputs = (batch: HostTree<TrainingTensors>, inputs: IterationInputs) => {
    const { parameters, buffers } = state.current
    const forward = forwardScalars(inputs)
    const scale = lossScaleScalar(inputs)
    return { parameters, buffers, gathered: gathered.latest(), batch, forward, ...scale }
  }

  /** Adds the gradients of one batch to `gathered`. */
  const gather = async (batch: HostTree<TrainingTensors>, inputs: IterationInputs) => {
    const results = await gradientStep.run(gradientInputs(batch, inputs), {
      into: { gathered: gathered.into(), buffers: state.into().buffers },
    })
    gathered.take(results.gathered)
    state.take({ buffers: results.buffers })
    return numbers(results.metrics)
  }

  const update = async (inputs: IterationInputs): Promise<IterationResult> => {
    const { batches } = inputs
    const means: Record<string, number> = {}
    for (const batch of batches) {
      for (const [name, value] of Object.entries(await gather(batch, inputs))) {
        means[name] = (means[name] ?? 0) + value / batches.length
      }
    }
    const results = await updateStep.run(
      {
        state: { ...state.current, buffers: state.changedBuffers() },
        gathered: gathered.latest(),
        share: scalar(1 / batches.length),
        groups: options.optimizer.scalars(inputs.learningRate, inputs.step),
        ...lossScaleScalar(inputs),
      },
      { into: { state: state.into() } },
    )
    state.take(results.state)
    const metrics = { ...means, ...numbers({ gradNorm: results.gradNorm }) }
    return endUpdate(state, metrics, results.checksum)
  }

  return {
    async prepare(inputs, onCompile) {
      for (const batch of inputs.batches) {
        const tensors = gradientInputs(batch, inputs)
        if (gradientStep.isReady(tensors)) continue
        onCompile(batch)
        await gradientStep.prepare(tensors)
      }
    },
    async run(inputs) {
      try {
        return await update(inputs)
      } catch (error) {
        state.abandon() // what the batches before have changed
        throw error
      } finally {
        gathered.abandon()
      }
    },
    async dispose() {
      await gradientStep.dispose()
      await updateStep.dispose()
      gathered.dispose()
    },
  }
}

function gradientSums({ current, memory }: TrainState): DoubleBuffer {
  const names = Object.keys(current.parameters)
  const zeros = new DoubleBuffer(memory, zerosOf(current.parameters, memory))
  return zeros.reserve(names).reserve(names)
}

/** Keeps what an update has computed, unless some of it is not finite. */
function endUpdate(
  state: TrainState,
  metrics: Record<string, number>,
  checksum: RunTensor | undefined,
): IterationResult {
  const checked = checksum ? [hostTensor(checksum).data[0]] : []
  const isUpdated = [...Object.values(metrics), ...checked].every(Number.isFinite)
  if (isUpdated) state.commit()
  else state.abandon()
  return { metrics, isUpdated }
}

/** `lambda` is an input only while it changes: at 1 the graph has no such activation. */
function forwardScalars({ lambda }: IterationInputs): Record<string, HostTensor> {
  return lambda === 1 ? {} : { lambda: scalar(lambda) }
}

function lossScaleScalar({ lossScale }: IterationInputs): { lossScale?: HostTensor } {
  return lossScale === undefined ? {} : { lossScale: scalar(lossScale) }
}

function numbers(tensors: Record<string, RunTensor>): Record<string, number> {
  const values = Object.entries(tensors).map(
    ([name, tensor]) => [name, hostTensor(tensor).data[0]] as const,
  )
  return Object.fromEntries(values)
}

function named(name: string, { compute = {}, cacheSize }: IterationOptions): CompileOptions {
  return { ...compute, cacheSize, name, session: stepSession(compute) }
}

/**
 * How steps are loaded: on the processor as they were recorded, in half the time. Their weights are
 * inputs, and steps in turn took the same time either way (VanillaNet-13, Swin-T, Mask R-CNN). What
 * a GPU's provider makes of a graph was not measured.
 */
export function stepSession({ device = 'cpu' }: ComputeOptions): CompileOptions['session'] {
  return { optimizations: device === 'cpu' ? 'none' : 'all' }
}
