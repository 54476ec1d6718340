import type { DeviceTensor, Memory } from '../engine/device_tensor.js'
import { openMemory } from '../engine/memory.js'
import type { RunTensor } from '../engine/tensors.js'
import { floats, type HostTensor } from '../host_tensor.js'
import type * as tf from '../tf/tf.js'
import { DoubleBuffer } from './double_buffer.js'
import type { Trainable } from './trainable.js'

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
export type DeviceState = State<DeviceTensor>

/** Results of a run that belong to the state; what is left out keeps its values. */
export type StateResults = Partial<State<RunTensor>>

/**
 * The training state in the memory of the device that computes, twice: an update reads `current`
 * and writes `into()`, then they change places, so that no array is copied or leaves the device,
 * and none is read and written at once. Frozen weights are there once.
 */
export class TrainState {
  private constructor(
    readonly memory: Memory,
    private readonly parameters: DoubleBuffer,
    private readonly buffers: DoubleBuffer,
    private readonly optimizer: Readonly<Record<string, DoubleBuffer>>,
    private readonly ema: DoubleBuffer,
  ) {}

  /**
   * Starts from the weights of `model`, whose arrays it takes over: until `writeTo` the
   * model's own values are not to be read.
   *
   * @param slots names of the optimizer's arrays; zero at first.
   * @param options.memory where it is to be; the processor's by default.
   */
  static of(
    model: Trainable,
    slots: readonly string[],
    { ema, memory = openMemory({}) }: { ema: boolean; memory?: Memory },
  ): TrainState {
    const [weights, values] = [weightsOf(model, true), weightsOf(model, false)]
    const averaged = ema ? copyOf({ ...weights, ...values }) : {}
    const names = Object.keys(weights)
    const upload = (tensors: Record<string, HostTensor>) =>
      new DoubleBuffer(memory, mapValues(tensors, memory.upload))
    const moments = slots.map((slot) => {
      const zeros = new DoubleBuffer(memory, zerosOf(weights, memory))
      return [slot, zeros.reserve(names)] as const
    })
    return new TrainState(
      memory,
      upload(weights).reserve(names),
      upload(values),
      Object.fromEntries(moments),
      upload(averaged).reserve(ema ? names : []),
    )
  }

  /** What a run reads. */
  get current(): DeviceState {
    return {
      parameters: this.parameters.latest(),
      buffers: this.buffers.latest(),
      optimizer: mapValues(this.optimizer, (slot) => slot.latest()),
      ema: this.ema.latest(),
    }
  }

  /** What a run writes in place; more than it computes, perhaps. */
  into(): DeviceState {
    return {
      parameters: this.parameters.into(),
      buffers: this.buffers.into(),
      optimizer: mapValues(this.optimizer, (slot) => slot.into()),
      ema: this.ema.into(),
    }
  }

  /** Buffers that runs have changed since the last update. */
  changedBuffers(): Record<string, DeviceTensor> {
    return this.buffers.changed()
  }

  /** Makes what a run has computed current, until `commit` or `abandon`. */
  take({ parameters = {}, buffers = {}, optimizer = {}, ema = {} }: StateResults): void {
    this.parameters.take(parameters)
    this.buffers.take(buffers)
    for (const [slot, arrays] of Object.entries(optimizer)) this.optimizer[slot].take(arrays)
    this.ema.take(ema)
  }

  /** Ends an update. */
  commit(): void {
    for (const tensors of this.groups()) tensors.commit()
  }

  /** Gives an update up: everything is as the last `commit` left it. */
  abandon(): void {
    for (const tensors of this.groups()) tensors.abandon()
  }

  /** Puts the weights (or their averages) into a model, on the processor without copying. */
  writeTo(model: Trainable, weights: 'model' | 'ema' = 'model'): void {
    const { parameters, buffers, ema } = this.current
    const values = weights === 'ema' ? ema : { ...parameters, ...buffers }
    for (const [name, parameter] of model.namedParameters()) {
      parameter.data = values[name].read().data as Float32Array
    }
  }

  /** Frees the memory; a model keeps what was written to it. */
  dispose(): void {
    for (const tensors of this.groups()) tensors.dispose()
  }

  private groups(): DoubleBuffer[] {
    return [this.parameters, this.buffers, ...Object.values(this.optimizer), this.ema]
  }
}

/** Zeros of the same names and shapes. */
export function zerosOf(
  tensors: Readonly<Record<string, { shape: readonly number[] }>>,
  memory: Memory = openMemory({}),
): Record<string, DeviceTensor> {
  return mapValues(tensors, ({ shape }) => memory.zeros('float32', shape))
}

function weightsOf(model: Trainable, trainable: boolean): Record<string, HostTensor> {
  const wanted = model.namedParameters().filter(([, weight]) => weight.trainable === trainable)
  return Object.fromEntries(wanted.map(([name, { data, shape }]) => [name, floats(data, shape)]))
}

function copyOf(tensors: Record<string, HostTensor>): Record<string, HostTensor> {
  return mapValues(tensors, ({ shape, data }) => floats(Float32Array.from(data), shape))
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
