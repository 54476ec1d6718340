import * as tf from '../../tf/tf.js'
import type { TensorState } from '../train_state.js'
import { clipGradNorm, globalNorm } from './clip_grad_norm.js'
import { updateAverages } from './ema.js'
import { flatGroups, flatten, unflatten } from './flat_groups.js'
import type { GroupScalars, Optimizer } from './optimizer.js'

type Tensors = Record<string, tf.Tensor>

export interface UpdateOptions {
  optimizer: Optimizer
  /** Clip gradients to this global norm, or to that of the optimizer's rule if it is lower. */
  maxGradNorm?: number
  /** Keep running averages with this decay. */
  emaDecay?: number
}

/**
 * Optimizer, clipping and averages.
 *
 * @param state `buffers` are the new ones, which only the averages look at.
 * @param gradients by parameter name; `factor` times each is the gradient of the loss, each
 *   itself without it.
 * @returns the new state, and the norm of all gradients before clipping.
 */
export function updateState(
  state: TensorState,
  { gradients, factor }: { gradients: Tensors; factor?: tf.Scalar },
  scalars: GroupScalars<tf.Scalar>[],
  { optimizer, maxGradNorm, emaDecay }: UpdateOptions,
): { state: Omit<TensorState, 'buffers'>; gradNorm: tf.Scalar } {
  const groups = flatGroups(state.parameters, (name) =>
    optimizer.isAlone?.(name) ? name : optimizer.groupOf[name],
  )
  const given = flatten(groups, gradients)
  const whole = factor ? mapTensors(given, (gradient) => tf.mul(gradient, factor)) : given
  const gradNorm = globalNorm(Object.values(whole))
  // Clipping twice is clipping to the lower of both norms.
  const maxNorm = Math.min(...[maxGradNorm, optimizer.maxNorm].filter((norm) => norm !== undefined))
  const clipped = Number.isFinite(maxNorm) ? clipGradNorm(whole, gradNorm, maxNorm) : whole

  const before = flatten(groups, state.parameters)
  const slotsBefore = mapSlots(optimizer.slots, (slot) => flatten(groups, state.optimizer[slot]))
  const after: Tensors = {}
  const slotsAfter = mapSlots(optimizer.slots, (): Tensors => ({}))
  for (const [name, parameter] of Object.entries(before)) {
    const slots = mapSlots(optimizer.slots, (slot) => slotsBefore[slot][name])
    const next = optimizer.update({ name, parameter, gradient: clipped[name], slots, scalars })
    after[name] = next.parameter
    for (const slot of optimizer.slots) slotsAfter[slot][name] = next.slots[slot]
  }

  const unflat = (flat: Tensors) => unflatten(groups, flat, state.parameters)
  return {
    state: {
      parameters: unflat(after),
      optimizer: mapSlots(optimizer.slots, (slot) => unflat(slotsAfter[slot])),
      ema: emaDecay === undefined ? {} : newAverages(),
    },
    gradNorm,
  }

  function newAverages(): Tensors {
    const decay = emaDecay as number
    const bufferGroups = flatGroups(state.buffers, () => 'buffers')
    const averages = [...groups, ...bufferGroups]
    const values = { ...after, ...flatten(bufferGroups, state.buffers) }
    const moved = updateAverages(flatten(averages, state.ema), values, decay)
    return unflatten(averages, moved, { ...state.parameters, ...state.buffers })
  }
}

function mapTensors(tensors: Tensors, map: (tensor: tf.Tensor) => tf.Tensor): Tensors {
  const mapped = Object.entries(tensors).map(([name, tensor]) => [name, map(tensor)] as const)
  return Object.fromEntries(mapped)
}

function mapSlots<Value>(
  slots: readonly string[],
  map: (slot: string) => Value,
): Record<string, Value> {
  return Object.fromEntries(slots.map((slot) => [slot, map(slot)]))
}
