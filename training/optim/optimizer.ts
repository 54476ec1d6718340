import { type HostTensor, scalar } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'
import { adamW, adamWScalars } from './adamw.js'
import { LAMB_MAX_NORM, lamb } from './lamb.js'
import { type ParamGroupOptions, paramGroups } from './param_groups.js'
import { sgd } from './sgd.js'

interface CommonOptions extends ParamGroupOptions {
  /** Rate of a parameter whose group has no factor, before the schedule. */
  learningRate: number
  /** Gradients are scaled down to this global norm. @default no clipping */
  maxGradNorm?: number
  /** Batches whose gradients are averaged for one update. @default 1 */
  accumulate?: number
}

interface MomentOptions extends CommonOptions {
  /** @default [0.9, 0.999] */
  betas?: readonly [number, number]
  /** @default 1e-8 */
  eps?: number
}

export interface AdamWOptions extends MomentOptions {
  type: 'AdamW'
}

export interface AdamOptions extends MomentOptions {
  /** As AdamW, but the weight decay is part of the gradient, as in torch.optim.Adam. */
  type: 'Adam'
}

export interface LambOptions extends MomentOptions {
  /** For large batches. It scales gradients down to a global norm of 1 by itself. */
  type: 'LAMB'
}

export interface SGDOptions extends CommonOptions {
  type: 'SGD'
  /** @default 0 */
  momentum?: number
  /** @default false */
  nesterov?: boolean
}

export type OptimizerOptions = AdamOptions | AdamWOptions | LambOptions | SGDOptions

/** Arrays that an optimizer keeps beside a parameter, by slot: `m` and `v`, or `momentum`. */
export type Slots = Readonly<Record<string, tf.Tensor>>

/** The scalars of one group in one iteration. */
export type GroupScalars<Scalar> = Readonly<Record<string, Scalar>>

/** The update rule of one set of parameters: mathematics only, the arrays are the caller's. */
export interface Optimizer {
  /** Names of the arrays to keep for every parameter, each of its shape, zero at first. */
  readonly slots: readonly string[]
  /** Which of the groups that have the same scalars and rule each parameter is in, by name. */
  readonly groupOf: Readonly<Record<string, number>>
  /** True for a parameter that `update` takes by itself, as its length counts. @default none */
  isAlone?(name: string): boolean
  /** Global norm that gradients are scaled down to as a part of the rule. @default none */
  readonly maxNorm?: number
  /**
   * One record of scalars a group, to be given to `update`.
   *
   * @param learningRate of this iteration, before each group's factor.
   * @param step the update's number, from 1.
   */
  scalars(learningRate: number, step: number): GroupScalars<HostTensor>[]
  /** Traced: new value and slots of one parameter, or of several of its group as one vector. */
  update(update: ParameterUpdate): { parameter: tf.Tensor; slots: Slots }
}

export interface ParameterUpdate {
  /** Name of the parameter; of several, any one's. */
  readonly name: string
  readonly parameter: tf.Tensor
  readonly gradient: tf.Tensor
  readonly slots: Slots
  /** Scalars as `scalars` returned them. */
  readonly scalars: readonly GroupScalars<tf.Scalar>[]
}

/** @param shapes shape of each trainable parameter, by name. */
export function makeOptimizer(
  options: OptimizerOptions,
  shapes: Readonly<Record<string, readonly number[]>>,
): Optimizer {
  switch (options.type) {
    case 'AdamW':
    case 'Adam':
      return makeAdam(options, shapes)
    case 'LAMB':
      return makeLamb(options, shapes)
    case 'SGD':
      return makeSGD(options, shapes)
  }
}

/** Adam, whose weight decay is part of the gradient, and AdamW, which decays by itself. */
function makeAdam(
  options: AdamOptions | AdamWOptions,
  shapes: Readonly<Record<string, readonly number[]>>,
): Optimizer {
  const { groups, groupOf } = paramGroups(shapes, options)
  const moments = momentsOf(options)
  const isDecoupled = options.type === 'AdamW'
  return {
    slots: ['m', 'v'],
    groupOf,
    scalars: (learningRate, step) =>
      groups.map(({ lrScale, weightDecay }) => {
        const decay = { weightDecay: isDecoupled ? weightDecay : 0 }
        return onHost(adamWScalars(learningRate * lrScale, step, { ...moments, ...decay }))
      }),
    update({ name, parameter, gradient, slots, scalars }) {
      const { weightDecay } = groups[groupOf[name]]
      const decays = weightDecay !== 0
      const { shrink, stepSize, epsilon } = scalars[groupOf[name]]
      const whole =
        decays && !isDecoupled ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient
      const arrays = { parameter, m: slots.m, v: slots.v }
      const constants = { ...moments, decays: decays && isDecoupled }
      const next = adamW(arrays, whole, constants, { shrink, stepSize, epsilon })
      return { parameter: next.parameter, slots: { m: next.m, v: next.v } }
    },
  }
}

function momentsOf({ betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 }: MomentOptions) {
  return { beta1, beta2, eps }
}

function makeLamb(
  options: LambOptions,
  shapes: Readonly<Record<string, readonly number[]>>,
): Optimizer {
  const { groups, groupOf } = paramGroups(shapes, options)
  const moments = momentsOf(options)
  const weightDecayOf = (name: string) => groups[groupOf[name]].weightDecay
  return {
    slots: ['m', 'v'],
    groupOf,
    isAlone: (name) => weightDecayOf(name) !== 0,
    maxNorm: LAMB_MAX_NORM,
    scalars: (learningRate, step) => {
      // Adam's step of a rate of 1 is its direction.
      const unit = adamWScalars(1, step, { ...moments, weightDecay: 0 })
      const { stepSize: scale, epsilon } = unit
      return groups.map(({ lrScale }) =>
        onHost({ learningRate: learningRate * lrScale, scale, epsilon }),
      )
    },
    update({ name, parameter, gradient, slots, scalars }) {
      const { learningRate, scale, epsilon } = scalars[groupOf[name]]
      const arrays = { parameter, m: slots.m, v: slots.v }
      const constants = { ...moments, weightDecay: weightDecayOf(name) }
      const next = lamb(arrays, gradient, constants, { learningRate, scale, epsilon })
      return { parameter: next.parameter, slots: { m: next.m, v: next.v } }
    },
  }
}

function makeSGD(
  options: SGDOptions,
  shapes: Readonly<Record<string, readonly number[]>>,
): Optimizer {
  const { groups, groupOf } = paramGroups(shapes, options)
  const { momentum = 0, nesterov = false } = options
  return {
    slots: ['momentum'],
    groupOf,
    scalars: (learningRate) =>
      groups.map(({ lrScale }) => onHost({ learningRate: learningRate * lrScale })),
    update({ name, parameter, gradient, slots, scalars }) {
      const { weightDecay } = groups[groupOf[name]]
      const { learningRate } = scalars[groupOf[name]]
      const arrays = { parameter, momentum: slots.momentum }
      const next = sgd(arrays, gradient, { momentum, nesterov, weightDecay }, learningRate)
      return { parameter: next.parameter, slots: { momentum: next.momentum } }
    },
  }
}

function onHost(values: object): GroupScalars<HostTensor> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, scalar(value)]))
}
