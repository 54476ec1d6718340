import { DataError } from '../errors.js'
import { floats, type HostDType, type HostTensor, ints } from '../host_tensor.js'
import { bfloat16ToFloat32, float16ToFloat32 } from './half_floats.js'

/** Types of stored numbers, as safetensors names them. */
export type StoredDType =
  | ('F64' | 'F32' | 'F16' | 'BF16')
  | ('I64' | 'I32' | 'I16' | 'I8')
  | ('U8' | 'BOOL')

/** Each type that can be read: bytes of a value, and what it becomes. */
export const STORED_DTYPES: Readonly<Record<StoredDType, { bytes: number; host: HostDType }>> = {
  F64: { bytes: 8, host: 'float32' },
  F32: { bytes: 4, host: 'float32' },
  F16: { bytes: 2, host: 'float32' },
  BF16: { bytes: 2, host: 'float32' },
  I64: { bytes: 8, host: 'int32' },
  I32: { bytes: 4, host: 'int32' },
  I16: { bytes: 2, host: 'int32' },
  I8: { bytes: 1, host: 'int32' },
  U8: { bytes: 1, host: 'uint8' },
  BOOL: { bytes: 1, host: 'bool' },
}

/** A tensor of a file, whose numbers are read when they are asked for. */
export interface StoredTensor {
  readonly dtype: HostDType
  readonly shape: readonly number[]
  read(): Promise<HostTensor>
}

/**
 * Floating-point types become float32, integers int32; bytes and booleans stay.
 *
 * @param buffer the numbers row by row, little-endian.
 * @throws DataError where an integer does not fit.
 */
export function decodeTensor(
  path: string,
  name: string,
  { dtype, shape }: { dtype: StoredDType; shape: readonly number[] },
  buffer: ArrayBuffer,
): HostTensor {
  switch (dtype) {
    case 'F32':
      return floats(new Float32Array(buffer), shape)
    case 'F64':
      return floats(Float32Array.from(new Float64Array(buffer)), shape)
    case 'F16':
      return floats(float16ToFloat32(new Uint16Array(buffer)), shape)
    case 'BF16':
      return floats(bfloat16ToFloat32(new Uint16Array(buffer)), shape)
    case 'I64':
      return ints(narrow(path, name, new BigInt64Array(buffer)), shape)
    case 'I32':
      return ints(new Int32Array(buffer), shape)
    case 'I16':
      return ints(new Int16Array(buffer), shape)
    case 'I8':
      return ints(new Int8Array(buffer), shape)
    default:
      return { dtype: STORED_DTYPES[dtype].host, shape, data: new Uint8Array(buffer) }
  }
}

function narrow(path: string, name: string, values: BigInt64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    const number = Number(value)
    if (number === (number | 0)) return number
    throw new DataError(path, `${name} holds ${value}, which needs 64 bits`, 'save it as int32')
  })
}
