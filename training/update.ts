import * as tf from '@tensorflow/tfjs'
import { clipGradNorm, globalNorm } from './clip_grad_norm.js'
import { updateAverages } from './ema.js'
import type { GroupScalars, Optimizer } from './optimizer.js'
import { packAll, packsOf, unpackAll } from './packs.js'
import type { TensorState } from './train_state.js'

type Tensors = Record<string, tf.Tensor>

export interface UpdateOptions {
  optimizer: Optimizer
  /** Clip gradients to this global norm. */
  maxGradNorm?: number
  /** Keep running averages with this decay. */
  emaDecay?: number
}

/**
 * Optimizer, clipping and averages.
 *
 * @param state `buffers` are the new ones, which only the averages look at.
 * @param gradients by parameter name; `factor` times each is the gradient of the loss, each itself without it.
 * @returns the new state, and the norm of all gradients before clipping.
 */
export function updateState(
  state: TensorState,
  { gradients, factor }: { gradients: Tensors; factor?: tf.Scalar },
  scalars: GroupScalars<tf.Scalar>[],
  { optimizer, maxGradNorm, emaDecay }: UpdateOptions,
): { state: Omit<TensorState, 'buffers'>; gradNorm: tf.Scalar } {
  const packs = packsOf(state.parameters, (name) => optimizer.groupOf[name])
  const given = packAll(packs, gradients)
  const whole = factor ? mapTensors(given, (gradient) => tf.mul(gradient, factor)) : given
  const gradNorm = globalNorm(Object.values(whole))
  const clipped = maxGradNorm === undefined ? whole : clipGradNorm(whole, gradNorm, maxGradNorm)

  const before = packAll(packs, state.parameters)
  const slotsBefore = mapSlots(optimizer.slots, (slot) => packAll(packs, state.optimizer[slot]))
  const after: Tensors = {}
  const slotsAfter = mapSlots(optimizer.slots, (): Tensors => ({}))
  for (const [name, parameter] of Object.entries(before)) {
    const slots = mapSlots(optimizer.slots, (slot) => slotsBefore[slot][name])
    const next = optimizer.update({ name, parameter, gradient: clipped[name], slots, scalars })
    after[name] = next.parameter
    for (const slot of optimizer.slots) slotsAfter[slot][name] = next.slots[slot]
  }

  const unpack = (packed: Tensors) => unpackAll(packs, packed, state.parameters)
  return {
    state: {
      parameters: unpack(after),
      optimizer: mapSlots(optimizer.slots, (slot) => unpack(slotsAfter[slot])),
      ema: emaDecay === undefined ? {} : newAverages(),
    },
    gradNorm,
  }

  function newAverages(): Tensors {
    const decay = emaDecay as number
    const bufferPacks = packsOf(state.buffers, () => 'buffers')
    const averages = [...packs, ...bufferPacks]
    const values = { ...after, ...packAll(bufferPacks, state.buffers) }
    const moved = updateAverages(packAll(averages, state.ema), values, decay)
    return unpackAll(averages, moved, { ...state.parameters, ...state.buffers })
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
