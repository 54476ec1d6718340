import type { Detector } from '../detectors/detector.js'
import { compile } from '../engine/compile.js'
import type { CompileOptions } from '../engine/compiled.js'
import { type HostTensor, type HostTree, scalar } from '../engine/tensors.js'
import {
  type BatchTensors,
  makeGradientStep,
  makeTrainStep,
  makeUpdateStep,
  type StepOptions,
} from './step.js'
import { type TrainState, zerosOf } from './train_state.js'

/** What changes from one iteration to the next, beside state and data. */
export interface IterationInputs {
  /** The batches of one update. */
  batches: readonly HostTree<BatchTensors>[]
  learningRate: number
  /** The update's number, from 1. */
  step: number
  /** Deep-training lambda; 1 takes the activations out of the graph. */
  lambda: number
}

/** Runs updates one after the other on a state. */
export interface Iterations {
  /** @returns `loss`, its parts and `gradNorm`; means over the batches. */
  run(inputs: IterationInputs): Promise<Record<string, number>>
  dispose(): Promise<void>
}

export interface IterationOptions extends StepOptions {
  engine?: CompileOptions['engine']
}

/** An update from one batch: a single graph. */
export function singleBatchIterations(
  detector: Detector,
  state: TrainState,
  options: IterationOptions,
): Iterations {
  const step = compile(makeTrainStep(detector, options), named('trainStep', options))
  return {
    async run(inputs) {
      const { state: written, metrics } = await step.run(
        {
          state: state.current,
          batch: inputs.batches[0],
          forward: forwardScalars(inputs),
          groups: options.optimizer.scalars(inputs.learningRate, inputs.step),
        },
        { into: { state: state.into() } },
      )
      state.swap(written.buffers, bufferAverages(written.ema, written.buffers))
      return numbers(metrics)
    },
    dispose: () => step.dispose(),
  }
}

/** An update from the mean gradient of several batches: one graph a batch, then one for the update. */
export function accumulatingIterations(
  detector: Detector,
  state: TrainState,
  options: IterationOptions,
): Iterations {
  const gradientStep = compile(makeGradientStep(detector), named('gradientStep', options))
  const updateStep = compile(makeUpdateStep(options), named('updateStep', options))
  let gathered = zerosOf(state.current.parameters)
  let next = zerosOf(state.current.parameters)

  /** Adds the gradients of one batch to `gathered`. */
  const gather = async (batch: HostTree<BatchTensors>, inputs: IterationInputs) => {
    const { parameters, buffers } = state.current
    const forward = forwardScalars(inputs)
    const results = await gradientStep.run(
      { parameters, buffers, gathered, batch, forward },
      { into: { gathered: next } },
    )
    ;[gathered, next] = [next, gathered]
    return results
  }

  return {
    async run(inputs) {
      const { batches } = inputs
      for (const { data } of Object.values(gathered)) data.fill(0)
      let buffers: Record<string, HostTensor> = {}
      const means: Record<string, number> = {}
      for (const batch of batches) {
        const results = await gather(batch, inputs)
        buffers = results.buffers
        state.setBuffers(buffers)
        for (const [name, value] of Object.entries(numbers(results.metrics))) {
          means[name] = (means[name] ?? 0) + value / batches.length
        }
      }
      const { state: written, gradNorm } = await updateStep.run(
        {
          state: { ...state.current, buffers },
          gathered,
          share: scalar(1 / batches.length),
          groups: options.optimizer.scalars(inputs.learningRate, inputs.step),
        },
        { into: { state: state.into() } },
      )
      state.swap({}, bufferAverages(written.ema, buffers))
      return { ...means, ...numbers({ gradNorm }) }
    },
    async dispose() {
      await gradientStep.dispose()
      await updateStep.dispose()
    },
  }
}

/** `lambda` is an input only while it changes: at 1 the graph has no such activation. */
function forwardScalars({ lambda }: IterationInputs): Record<string, HostTensor> {
  return lambda === 1 ? {} : { lambda: scalar(lambda) }
}

function bufferAverages(
  averages: Record<string, HostTensor>,
  buffers: Record<string, HostTensor>,
): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(averages).filter(([name]) => name in buffers))
}

function numbers(tensors: Record<string, HostTensor>): Record<string, number> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data[0]]))
}

function named(name: string, { engine }: { engine?: CompileOptions['engine'] }): CompileOptions {
  return { name, engine }
}
