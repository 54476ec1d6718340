import type * as tf from '@tensorflow/tfjs'
import type { Detector } from '../detectors/detector.js'
import { floats, type HostTensor, zeros } from '../engine/tensors.js'

/** Everything that changes from update to update, by parameter name (or slot, then name). */
export type State<Leaf> = {
  /** Trained weights. */
  parameters: Record<string, Leaf>
  /** Running statistics, and frozen weights, which no update changes. */
  buffers: Record<string, Leaf>
  /** The optimizer's arrays: `m` and `v`, or `momentum`, each with one entry a parameter. */
  optimizer: Record<string, Record<string, Leaf>>
  /** Averages of parameters and buffers; empty without EMA. */
  ema: Record<string, Leaf>
}

export type TensorState = State<tf.Tensor>
export type HostState = State<HostTensor>

/**
 * The training state twice: an update reads `current` and writes `next`, then they change places, so
 * that no array is copied and none is read and written at once.
 *
 * Buffers are written to `next` by reference instead: they are small, and which of them an update
 * changes is known only when it has run.
 */
export class TrainState {
  current: HostState
  private next: HostState

  private constructor(current: HostState) {
    this.current = current
    this.next = { ...current, ...zerosLike(arraysOf(current)) }
    this.next.ema = { ...current.ema, ...this.next.ema }
  }

  /**
   * Starts from the weights of `detector`, whose arrays it takes over: until `writeTo` the detector's
   * own values are not to be read.
   *
   * @param slots names of the optimizer's arrays; zero at first.
   */
  static of(detector: Detector, slots: readonly string[], options: { ema: boolean }): TrainState {
    const parameters: Record<string, HostTensor> = {}
    const buffers: Record<string, HostTensor> = {}
    for (const [name, parameter] of detector.namedParameters()) {
      const group = parameter.trainable ? parameters : buffers
      group[name] = floats(parameter.data, parameter.shape)
    }
    const optimizer = Object.fromEntries(slots.map((slot) => [slot, zerosOf(parameters)]))
    const ema = options.ema ? copyOf({ ...parameters, ...buffers }) : {}
    return new TrainState({ parameters, buffers, optimizer, ema })
  }

  /** What the next update writes in place: all but the buffers and their averages. */
  into(): Omit<HostState, 'buffers'> {
    return arraysOf(this.next)
  }

  /** Makes the values written to `into()`, and the buffers that came out beside them, current. */
  swap(buffers: Record<string, HostTensor>, bufferAverages: Record<string, HostTensor>): void {
    const written = this.next
    written.buffers = { ...this.current.buffers, ...buffers }
    for (const [name, average] of Object.entries(bufferAverages)) written.ema[name] = average
    this.next = this.current
    this.current = written
  }

  /** Gives buffers new values at once, between two updates. */
  setBuffers(buffers: Record<string, HostTensor>): void {
    this.current.buffers = { ...this.current.buffers, ...buffers }
  }

  /** Puts the weights (or their averages) into a detector, without copying. */
  writeTo(detector: Detector, weights: 'model' | 'ema' = 'model'): void {
    const { parameters, buffers, ema } = this.current
    const values = weights === 'ema' ? ema : { ...parameters, ...buffers }
    for (const [name, parameter] of detector.namedParameters()) {
      parameter.data = values[name].data as Float32Array
    }
  }
}

function arraysOf({ parameters, optimizer, ema }: HostState): Omit<HostState, 'buffers'> {
  const averaged = Object.keys(ema).length > 0 ? Object.keys(parameters) : []
  return {
    parameters,
    optimizer,
    ema: Object.fromEntries(averaged.map((name) => [name, ema[name]])),
  }
}

function zerosLike({ parameters, optimizer, ema }: Omit<HostState, 'buffers'>) {
  return {
    parameters: zerosOf(parameters),
    optimizer: Object.fromEntries(
      Object.entries(optimizer).map(([slot, arrays]) => [slot, zerosOf(arrays)]),
    ),
    ema: zerosOf(ema),
  }
}

/** Zeros of the same names and shapes. */
export function zerosOf(tensors: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape }]) => [name, zeros('float32', shape)]),
  )
}

function copyOf(tensors: Record<string, HostTensor>): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      floats(Float32Array.from(data), shape),
    ]),
  )
}
