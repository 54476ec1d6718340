import type { HostDType, HostTensor } from '../host_tensor.js'

/**
 * Numbers where functions are computed: in the memory of a GPU, of the processor, or of a
 * TensorFlow.js backend. Made by a `Memory`, and used with functions compiled for the same engine
 * and device. What it holds changes when a run is directed to write to it.
 */
export abstract class DeviceTensor {
  abstract readonly dtype: HostDType
  abstract readonly shape: readonly number[]

  /** Its numbers on the host. On the processor this is the memory itself, not a copy. */
  abstract read(): HostTensor

  /** Frees the memory; not while a run uses it. */
  abstract dispose(): void
}

/** Where functions compiled with the same options compute. */
export interface Memory {
  /** A tensor with these numbers. On the processor it takes the array over. */
  upload(host: HostTensor): DeviceTensor
  zeros(dtype: HostDType, shape: readonly number[]): DeviceTensor
  /** Gives a tensor other numbers, of its type and shape. */
  write(tensor: DeviceTensor, host: HostTensor): void
}
