/** `uint8` exists outside graphs only: inside a compiled function it reads as an `int32` tensor. */
export type HostDType = 'float32' | 'int32' | 'bool' | 'uint8'

/** Numbers in host memory, row-major. `bool` and `uint8` keep one byte a value. */
export interface HostTensor {
  readonly dtype: HostDType
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array | Uint8Array
}

/** A float32 host tensor; `values` are copied unless they are a `Float32Array` already. */
export function floats(values: ArrayLike<number>, shape: readonly number[]): HostTensor {
  const data = values instanceof Float32Array ? values : Float32Array.from(values)
  return { dtype: 'float32', shape, data }
}

/** An int32 host tensor; `values` are copied unless they are an `Int32Array` already. */
export function ints(values: ArrayLike<number>, shape: readonly number[]): HostTensor {
  const data = values instanceof Int32Array ? values : Int32Array.from(values)
  return { dtype: 'int32', shape, data }
}

/** A float32 scalar in host memory. */
export function scalar(value: number): HostTensor {
  return { dtype: 'float32', shape: [], data: Float32Array.of(value) }
}

/** Number of values in a tensor of `shape`; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}

/** A zero-filled host tensor. */
export function zeros(dtype: HostDType, shape: readonly number[]): HostTensor {
  const size = sizeOf(shape)
  if (dtype === 'float32') return { dtype, shape, data: new Float32Array(size) }
  if (dtype === 'int32') return { dtype, shape, data: new Int32Array(size) }
  return { dtype, shape, data: new Uint8Array(size) }
}

function isTypedArray(value: unknown): boolean {
  return ArrayBuffer.isView(value)
}

/** True for the leaves of a host tree. */
export function isHostTensor(value: unknown): value is HostTensor {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dtype' in value &&
    'data' in value &&
    isTypedArray(value.data)
  )
}
