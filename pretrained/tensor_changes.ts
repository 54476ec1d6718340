import { type HostTensor, sizeOf } from '../host_tensor.js'
import type { StoredTensor } from '../weights/decode_tensor.js'

/** The tensor with the rows (along its first axis) `rows` in this order. */
export function withRows(tensor: StoredTensor, rows: readonly number[]): StoredTensor {
  const shape = [rows.length, ...tensor.shape.slice(1)]
  const read = async () => takeRows(await tensor.read(), rows, shape)
  return { dtype: tensor.dtype, shape, read }
}

/** The tensor with the columns (along its last axis) `columns` in this order. */
export function withColumns(tensor: StoredTensor, columns: readonly number[]): StoredTensor {
  const shape = [...tensor.shape.slice(0, -1), columns.length]
  const read = async () => takeColumns(await tensor.read(), columns, shape)
  return { dtype: tensor.dtype, shape, read }
}

function takeRows({ dtype, shape, data }: HostTensor, rows: readonly number[], taken: number[]) {
  const width = sizeOf(shape.slice(1))
  const values = emptyLike(data, rows.length * width)
  for (const [i, row] of rows.entries()) {
    values.set(data.subarray(row * width, (row + 1) * width), i * width)
  }
  return { dtype, shape: taken, data: values }
}

function takeColumns(tensor: HostTensor, columns: readonly number[], taken: number[]) {
  const { dtype, shape, data } = tensor
  const width = shape[shape.length - 1]
  const rows = sizeOf(shape.slice(0, -1))
  const values = emptyLike(data, rows * columns.length)
  for (let row = 0, next = 0; row < rows; row++) {
    for (const column of columns) values[next++] = data[row * width + column]
  }
  return { dtype, shape: taken, data: values }
}

function emptyLike(data: HostTensor['data'], length: number): HostTensor['data'] {
  if (data instanceof Float32Array) return new Float32Array(length)
  return data instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length)
}
