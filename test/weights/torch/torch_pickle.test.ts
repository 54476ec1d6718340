import test from 'ava'
import { DataError } from '../../../errors.js'
import { noEncounters, readTorchPickle, TensorView } from '../../../weights/torch/torch_pickle.js'

/** Persistent id of a storage of six numbers, with the key `0`. */
const STORAGE = '(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x06tQ'
const REBUILD = 'ctorch._utils\n_rebuild_tensor_v2\n'

function read(operations: string) {
  const bytes = Buffer.concat([Buffer.from([0x80, 2]), Buffer.from(operations, 'latin1')])
  return readTorchPickle('x.pth', bytes, noEncounters()).value
}

test('a tensor keeps the shape and strides that were checked', (t) => {
  // The lists are kept in the memo, and appended to after the tensor was made of them.
  const shape = ']q\x00(K\x02K\x03e'
  const strides = ']q\x01(K\x03K\x01e'
  const tensor = read(`${REBUILD}(${STORAGE}K\x00${shape}${strides}tRh\x00K\x63a0h\x01K\x63a0.`)
  t.true(tensor instanceof TensorView)
  if (!(tensor instanceof TensorView)) return
  t.deepEqual(
    [tensor.shape, tensor.strides],
    [
      [2, 3],
      [3, 1],
    ],
  )
})

test('a size that is no number is refused', (t) => {
  const huge = '\x8a\x07\xff\xff\xff\xff\xff\xff\x1f' // 2 ** 53 - 1
  const shape = `(${huge.repeat(20)}K\x00t`
  const strides = `(${'K\x01'.repeat(21)}t`
  t.throws(() => read(`${REBUILD}(${STORAGE}K\x00${shape}${strides}tR.`), {
    instanceOf: DataError,
    message: /has a storage of 6 values only/,
  })
})
