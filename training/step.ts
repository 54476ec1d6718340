import * as tf from '@tensorflow/tfjs'
import type { Detector, TrainBatch } from '../detectors/detector.js'
import { functionalCall } from '../nn/index.js'
import { clipGradNorm, globalNorm } from './clip_grad_norm.js'
import { updateAverages } from './ema.js'
import type { GroupScalars, Optimizer } from './optimizer.js'
import type { TensorState } from './train_state.js'

type Tensors = Record<string, tf.Tensor>

/** `TrainBatch` as a plain record, which compiled functions take. */
export type BatchTensors = { [Key in keyof TrainBatch]: TrainBatch[Key] }

/** Inputs of one whole training step. */
export type StepInputs = {
  state: TensorState
  batch: BatchTensors
  /** For the forward pass: `lambda` while deep training lasts, else nothing. */
  forward: Record<string, tf.Scalar>
  /** `Optimizer.scalars` of this iteration. */
  groups: GroupScalars<tf.Scalar>[]
}

/** Results of one whole training step. */
export type StepOutputs = {
  /** `buffers` holds only those that the step changed; `ema` all parameters and those buffers. */
  state: TensorState
  /** `loss`, its parts by name, `gradNorm`. */
  metrics: Tensors
}

export interface StepOptions {
  optimizer: Optimizer
  /** Clip gradients to this global norm. */
  maxGradNorm?: number
  /** Keep running averages with this decay. */
  emaDecay?: number
}

/** One training step in one function: forward, gradients, update, averages. To be compiled. */
export function makeTrainStep(detector: Detector, options: StepOptions) {
  return ({ state, batch, forward, groups }: StepInputs): StepOutputs => {
    const { gradients, buffers, metrics } = lossGradients(detector, state, batch, forward)
    const updated = updateState({ ...state, buffers }, gradients, groups, options)
    return {
      state: { ...updated.state, buffers },
      metrics: { ...metrics, gradNorm: updated.gradNorm },
    }
  }
}

/** Inputs of the first half of a step whose gradients are gathered over several batches. */
export type GradientInputs = {
  parameters: Tensors
  buffers: Tensors
  /** Sum of the gradients of the batches before this one. */
  gathered: Tensors
  batch: BatchTensors
  forward: Record<string, tf.Scalar>
}

export type GradientOutputs = { gathered: Tensors; buffers: Tensors; metrics: Tensors }

/** Adds one batch's gradients to those gathered so far. To be compiled. */
export function makeGradientStep(detector: Detector) {
  return (inputs: GradientInputs): GradientOutputs => {
    const { batch, forward, gathered } = inputs
    const { gradients, buffers, metrics } = lossGradients(detector, inputs, batch, forward)
    const sums = Object.entries(gradients).map(
      ([name, gradient]) => [name, tf.add(gathered[name], gradient)] as const,
    )
    return { gathered: Object.fromEntries(sums), buffers, metrics }
  }
}

/** Inputs of the second half. */
export type UpdateInputs = {
  /** `buffers`: those that the batches changed. */
  state: TensorState
  gathered: Tensors
  /** One over the number of batches. */
  share: tf.Scalar
  groups: GroupScalars<tf.Scalar>[]
}

export type UpdateOutputs = { state: Omit<TensorState, 'buffers'>; gradNorm: tf.Scalar }

/** Updates the state by the mean of the gathered gradients. To be compiled. */
export function makeUpdateStep(options: StepOptions) {
  return ({ state, gathered, share, groups }: UpdateInputs): UpdateOutputs => {
    const means = Object.entries(gathered).map(([name, sum]) => [name, tf.mul(sum, share)] as const)
    return updateState(state, Object.fromEntries(means), groups, options)
  }
}

/**
 * Loss and gradients of one batch in training mode.
 *
 * @returns `gradients` of every parameter, `buffers` that BatchNorm changed, `metrics`: the training
 * loss as `loss`, and the detector's named losses.
 */
function lossGradients(
  detector: Detector,
  { parameters, buffers }: { parameters: Tensors; buffers: Tensors },
  batch: BatchTensors,
  forward: Record<string, tf.Scalar>,
): { gradients: Tensors; buffers: Tensors; metrics: Tensors } {
  let kept: { losses: Tensors; updates: Tensors } = { losses: {}, updates: {} }
  const totalLoss = () => {
    const values = { ...parameters, ...buffers }
    const call = functionalCall(detector, values, () =>
      detector.loss(batch, { training: true, ...forward }),
    )
    // The tidy scope of the forward pass would dispose of all but the total.
    for (const loss of Object.values(call.result)) tf.keep(loss)
    kept = { losses: call.result, updates: call.updates }
    const terms = Object.entries(call.result).filter(([name]) => name.includes('loss'))
    return terms.reduce<tf.Tensor>((sum, [, loss]) => tf.add(sum, loss), tf.scalar(0))
  }
  const names = Object.keys(parameters)
  // `tf.valueAndGrads` would refuse unused parameters without naming them.
  const { value, grads } = tf
    .engine()
    .gradients(totalLoss, Object.values(parameters), undefined, true)
  refuseUnused(names, grads)
  return {
    gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]])),
    buffers: unkeep(kept.updates),
    metrics: { loss: value, ...unkeep(kept.losses) },
  }
}

/** Optimizer, clipping and averages. */
function updateState(
  state: TensorState,
  gradients: Tensors,
  scalars: GroupScalars<tf.Scalar>[],
  { optimizer, maxGradNorm, emaDecay }: StepOptions,
): { state: Omit<TensorState, 'buffers'>; gradNorm: tf.Scalar } {
  const gradNorm = globalNorm(Object.values(gradients))
  const clipped =
    maxGradNorm === undefined ? gradients : clipGradNorm(gradients, gradNorm, maxGradNorm)

  const parameters: Tensors = {}
  const optimizerState: Record<string, Tensors> = {}
  for (const slot of optimizer.slots) optimizerState[slot] = {}
  for (const [name, parameter] of Object.entries(state.parameters)) {
    const slots = Object.fromEntries(
      optimizer.slots.map((slot) => [slot, state.optimizer[slot][name]]),
    )
    const next = optimizer.update({ name, parameter, gradient: clipped[name], slots, scalars })
    parameters[name] = next.parameter
    for (const slot of optimizer.slots) optimizerState[slot][name] = next.slots[slot]
  }

  const ema =
    emaDecay === undefined
      ? {}
      : updateAverages(state.ema, { ...parameters, ...state.buffers }, emaDecay)
  return { state: { parameters, optimizer: optimizerState, ema }, gradNorm }
}

function refuseUnused(names: readonly string[], gradients: readonly (tf.Tensor | undefined)[]) {
  const unused = names.filter((_, i) => gradients[i] === undefined)
  if (unused.length === 0) return
  const shown = unused.slice(0, 3).join(', ') + (unused.length > 3 ? ', ...' : '')
  throw new Error(
    `train: the loss does not depend on ${unused.length} of ${names.length} parameters (${shown}); ` +
      'build the model without them, or make them `trainable: false`',
  )
}

/** Hands tensors that `tf.keep` holds over to the enclosing scope. */
function unkeep(tensors: Tensors): Tensors {
  const handed = Object.entries(tensors).map(([name, tensor]) => [name, tf.clone(tensor)] as const)
  tf.dispose(tensors)
  return Object.fromEntries(handed)
}
