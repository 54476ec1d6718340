import type { HostDType, HostTensor } from '../../host_tensor.js'
import { DeviceTensor } from '../device_tensor.js'
import { keepAlive, sharedEnvironment } from './environment.js'
import { addressOf, api, create } from './ort_library.js'

/** ONNXTensorElementDataType. */
const ELEMENT_TYPES: Record<HostDType, number> = { float32: 1, uint8: 2, int32: 6, bool: 9 }

/**
 * An `OrtValue` that outlives a run: over an array on the host, or over memory of its own on a
 * device.
 */
export class OrtTensor extends DeviceTensor {
  private value: bigint | undefined

  private constructor(
    readonly dtype: HostDType,
    readonly shape: readonly number[],
    value: bigint,
    /** On the host this returns the memory itself, which must not go before the value does. */
    private readonly download: (tensor: OrtTensor) => HostTensor,
  ) {
    super()
    this.value = value
  }

  /** Tensor over the array of `host`, which it takes over. */
  static onHost(host: HostTensor): OrtTensor {
    const dims = dimsOf(host.shape)
    const value = valueOnHost(host, addressOf(dims))
    keepAlive(dims)
    return new OrtTensor(host.dtype, host.shape, value, () => host)
  }

  /**
   * New memory of a device, with anything in it.
   *
   * @param allocator `OrtAllocator*`.
   * @param download brings the numbers of a tensor to the host.
   */
  static onDevice(
    { dtype, shape }: { dtype: HostDType; shape: readonly number[] },
    allocator: bigint,
    download: (tensor: OrtTensor) => HostTensor,
  ): OrtTensor {
    const dims = dimsOf(shape)
    const type = ELEMENT_TYPES[dtype]
    const address = addressOf(dims)
    const value = create('CreateTensorAsOrtValue', allocator, address, shape.length, type)
    keepAlive(dims)
    return new OrtTensor(dtype, shape, value, download)
  }

  /** `OrtValue*`. */
  get handle(): bigint {
    if (this.value === undefined) {
      throw new Error(
        `a tensor [${this.shape}] was used after it was disposed of; dispose of it later`,
      )
    }
    return this.value
  }

  override read(): HostTensor {
    return this.download(this)
  }

  override dispose(): void {
    if (this.value !== undefined) api().ReleaseValue(this.value)
    this.value = undefined
  }
}

/** A new `OrtValue*` over the memory of a tensor whose shape stands at `dims`. */
export function valueOnHost({ dtype, shape, data }: HostTensor, dims: bigint): bigint {
  const { cpuMemory } = sharedEnvironment()
  return create(
    'CreateTensorWithDataAsOrtValue',
    cpuMemory,
    addressOf(data),
    data.byteLength,
    dims,
    shape.length,
    ELEMENT_TYPES[dtype],
  )
}

function dimsOf(shape: readonly number[]): BigInt64Array {
  return BigInt64Array.from(shape, BigInt)
}
