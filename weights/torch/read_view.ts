import { readBytes, withFile } from '../../files/file_bytes.js'
import { type HostTensor, sizeOf } from '../../host_tensor.js'
import { decodeTensor, STORED_DTYPES, type StoredDType } from '../decode_tensor.js'
import type { TensorView } from './torch_pickle.js'

type Shape = readonly number[]

/**
 * Reads the numbers of a tensor from its file, and no more than the part of the storage it spans.
 *
 * @param storageStart first byte of its storage in the file.
 */
export async function readView(
  path: string,
  name: string,
  { storage, offset, shape, strides }: TensorView,
  dtype: StoredDType,
  storageStart: number,
): Promise<HostTensor> {
  const { bytes: width } = STORED_DTYPES[dtype]
  const span = spanOf(shape, strides)
  const bytes = new Uint8Array(span * width)
  const position = storageStart + (storage.start + offset) * width
  await withFile(path, '.pth', (file) => readBytes(path, file, bytes, position))
  const rows = isContiguous(shape, strides) ? bytes : gather(bytes, width, shape, strides)
  return decodeTensor(path, name, { dtype, shape }, rows.buffer)
}

/** Numbers from the first to the last value, both included. */
function spanOf(shape: Shape, strides: Shape): number {
  if (shape.includes(0)) return 0
  return shape.reduce((span, side, axis) => span + (side - 1) * strides[axis], 1)
}

/** True where the values lie row by row; the stride of an axis of length 1 does not matter. */
function isContiguous(shape: Shape, strides: Shape): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false
    expected *= shape[axis]
  }
  return true
}

/** The values of a view row by row, of `width` bytes each. */
function gather(bytes: Uint8Array<ArrayBuffer>, width: number, shape: Shape, strides: Shape) {
  const size = sizeOf(shape)
  const gathered = new Uint8Array(size * width)
  const index = shape.map(() => 0)
  let from = 0
  for (let next = 0; next < size; next++) {
    for (let i = 0; i < width; i++) gathered[next * width + i] = bytes[from * width + i]
    let axis = shape.length - 1
    while (axis >= 0 && index[axis] === shape[axis] - 1) {
      from -= index[axis] * strides[axis]
      index[axis--] = 0
    }
    if (axis < 0) break
    index[axis]++
    from += strides[axis]
  }
  return gathered
}
