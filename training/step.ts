import { functionalCall } from '../nn/module.js'
import { fullPrecision } from '../ops/full_precision.js'
import * as tf from '../tf/tf.js'
import type { GroupScalars } from './optim/optimizer.js'
import { type UpdateOptions, updateState } from './optim/update.js'
import type { TensorState } from './train_state.js'
import type { Trainable, TrainingTensors } from './trainable.js'

type Tensors = Record<string, tf.Tensor>

/** Inputs of one whole training step. */
export type StepInputs = {
  state: TensorState
  batch: TrainingTensors
  /** For the forward pass: `lambda` while deep training lasts, else nothing. */
  forward: Record<string, tf.Scalar>
  /** `Optimizer.scalars` of this iteration. */
  groups: GroupScalars<tf.Scalar>[]
  /** In mixed precision: what the loss is multiplied by while gradients are taken. */
  lossScale?: tf.Scalar
}

/** Results of one whole training step. */
export type StepOutputs = {
  /** `buffers` holds only those that the step changed; `ema` all parameters and those buffers. */
  state: TensorState
  /** `loss`, its parts by name, `gradNorm`; as they are without a loss scale. */
  metrics: Tensors
  /**
   * With a loss scale: finite if all gradients and all buffers are, so that the state may be kept.
   */
  checksum?: tf.Scalar
}

/** One training step in one function: forward, gradients, update, averages. To be compiled. */
export function makeTrainStep(model: Trainable, options: UpdateOptions) {
  return ({ state, batch, forward, groups, lossScale }: StepInputs): StepOutputs => {
    const inputs = { ...state, batch, forward, lossScale }
    const { gradients, buffers, metrics } = lossGradients(model, inputs)
    const factor = lossScale && (tf.div(1, lossScale) as tf.Scalar)
    const updated = updateState({ ...state, buffers }, { gradients, factor }, groups, options)
    const { gradNorm } = updated
    return {
      state: { ...updated.state, buffers },
      metrics: { ...metrics, gradNorm },
      checksum: lossScale && checksumOf(gradNorm, buffers),
    }
  }
}

/** Inputs of the first half of a step whose gradients are gathered over several batches. */
export type GradientInputs = {
  parameters: Tensors
  buffers: Tensors
  /** Sum of the gradients of the batches before this one. */
  gathered: Tensors
  batch: TrainingTensors
  forward: Record<string, tf.Scalar>
  /** As in `StepInputs`: the gradients that are gathered are multiplied by it. */
  lossScale?: tf.Scalar
}

export type GradientOutputs = { gathered: Tensors; buffers: Tensors; metrics: Tensors }

/** Adds one batch's gradients to those gathered so far. To be compiled. */
export function makeGradientStep(model: Trainable) {
  return (inputs: GradientInputs): GradientOutputs => {
    const { gathered } = inputs
    const { gradients, buffers, metrics } = lossGradients(model, inputs)
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
  /** What the gathered gradients were multiplied by. */
  lossScale?: tf.Scalar
}

export type UpdateOutputs = {
  state: Omit<TensorState, 'buffers'>
  gradNorm: tf.Scalar
  /** As in `StepOutputs`. */
  checksum?: tf.Scalar
}

/** Updates the state by the mean of the gathered gradients. To be compiled. */
export function makeUpdateStep(options: UpdateOptions) {
  return ({ state, gathered, share, groups, lossScale }: UpdateInputs): UpdateOutputs => {
    const factor = lossScale ? (tf.div(share, lossScale) as tf.Scalar) : share
    const updated = updateState(state, { gradients: gathered, factor }, groups, options)
    return { ...updated, checksum: lossScale && checksumOf(updated.gradNorm, state.buffers) }
  }
}

/**
 * Loss and gradients of one batch in training mode.
 *
 * @returns `gradients` of every parameter, times `lossScale`; `buffers` that BatchNorm changed;
 * `metrics`: the training loss as `loss`, and the model's named losses.
 */
function lossGradients(
  model: Trainable,
  { parameters, buffers, batch, forward, lossScale }: Omit<GradientInputs, 'gathered'>,
): { gradients: Tensors; buffers: Tensors; metrics: Tensors } {
  let kept: { losses: Tensors; updates: Tensors } = { losses: {}, updates: {} }
  const totalLoss = () => {
    const values = { ...parameters, ...buffers }
    const call = functionalCall(model, values, () =>
      model.loss(batch, { training: true, ...forward }),
    )
    // The tidy scope of the forward pass would dispose of all but the total.
    for (const loss of Object.values(call.result)) tf.keep(loss)
    kept = { losses: call.result, updates: call.updates }
    const terms = Object.entries(call.result).filter(([name]) => name.includes('loss'))
    const loss = terms.reduce<tf.Tensor>((sum, [, term]) => tf.add(sum, term), tf.scalar(0))
    if (lossScale === undefined) return loss
    kept.losses = { loss: tf.keep(loss), ...kept.losses }
    return tf.mul(loss, lossScale)
  }
  const names = Object.keys(parameters)
  // `tf.valueAndGrads` would refuse unused parameters without naming them.
  const { value, grads } = tf
    .engine()
    .gradients(totalLoss, Object.values(parameters), undefined, true)
  refuseUnused(names, grads)
  return {
    gradients: Object.fromEntries(names.map((name, i) => [name, fullPrecision(grads[i])])),
    buffers: unkeep(kept.updates),
    metrics: { loss: value, ...unkeep(kept.losses) },
  }
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

/**
 * Their sum, so to speak: NaN or infinite if one of them is. Statistics count because a value that
 * is not finite need not reach the loss: ReLU makes 0 of NaN on some devices.
 */
function checksumOf(gradNorm: tf.Scalar, buffers: Tensors): tf.Scalar {
  const values = Object.values(buffers).map((buffer) => tf.reshape(buffer, [-1]) as tf.Tensor1D)
  if (values.length === 0) return gradNorm
  return tf.add(gradNorm, tf.sum(tf.abs(tf.concat1d(values))))
}

/** Hands tensors that `tf.keep` holds over to the enclosing scope. */
function unkeep(tensors: Tensors): Tensors {
  const handed = Object.entries(tensors).map(([name, tensor]) => [name, tf.clone(tensor)] as const)
  tf.dispose(tensors)
  return Object.fromEntries(handed)
}
