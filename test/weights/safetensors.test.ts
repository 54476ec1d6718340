import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { DataError } from '../../errors.js'
import { floats, ints, zeros } from '../../host_tensor.js'
import {
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from '../../weights/safetensors.js'
import { reference } from '../training/reference.js'

const folder = await mkdtemp(join(tmpdir(), 'safetensors-'))
test.after.always(() => rm(folder, { recursive: true }))
let serial = 0
const newPath = () => join(folder, `${serial++}.safetensors`)

const allTypes = fileURLToPath(new URL('../fixtures/all_types.safetensors', import.meta.url))

test('a file of the Python library is read, all types', async (t) => {
  const { tensors, metadata } = await readSafetensors(allTypes)
  t.deepEqual(metadata, { format: 'pt' })
  t.deepEqual(Object.keys(tensors).sort(), Object.keys(reference.all_types).sort())
  for (const [name, texts] of Object.entries(reference.all_types)) {
    const expected = texts.map((text) => Number(text.replace('inf', 'Infinity')))
    t.deepEqual([...tensors[name].data], expected, name)
  }
  t.deepEqual(tensors.f32.shape, [2, 4])
  t.deepEqual(
    ['f32', 'f64', 'f16', 'bf16', 'bn.num_batches_tracked', 'i32', 'u8', 'bool'].map(
      (name) => tensors[name].dtype,
    ),
    ['float32', 'float32', 'float32', 'float32', 'int32', 'int32', 'uint8', 'bool'],
  )
})

test('what is written is read back, views of larger arrays and empty tensors too', async (t) => {
  const path = newPath()
  const larger = Float32Array.from({ length: 10 }, (_, i) => i)
  const tensors = {
    'a.weight': floats(larger.subarray(3, 7), [2, 2]),
    scalar: floats([0.1], []),
    empty: zeros('float32', [0, 3]),
    counts: ints([-1, 2 ** 31 - 1], [2]),
    bytes: { dtype: 'uint8' as const, shape: [3], data: Uint8Array.of(0, 128, 255) },
  }
  await writeSafetensors(path, tensors, { note: 'ä "quoted"' })
  const read = await readSafetensors(path)
  t.deepEqual(read.metadata, { note: 'ä "quoted"' })
  t.deepEqual([...read.tensors['a.weight'].data], [3, 4, 5, 6])
  t.deepEqual({ ...read.tensors, 'a.weight': 0 }, { ...tensors, 'a.weight': 0 } as object)
})

test('the header is padded to 8 bytes, so that the numbers are aligned', async (t) => {
  for (const name of ['a', 'ab', 'abc']) {
    const path = newPath()
    await writeSafetensors(path, { [name]: floats([1], [1]) })
    const bytes = await readFile(path)
    t.is(bytes.readBigUInt64LE(0) % 8n, 0n)
    t.is(bytes.readFloatLE(bytes.length - 4), 1)
  }
})

test('the header alone tells names, shapes and metadata', async (t) => {
  const path = newPath()
  await writeSafetensors(path, { a: zeros('float32', [2, 3]), b: floats([1], []) }, { k: 'v' })
  const header = await readSafetensorsHeader(path)
  t.deepEqual(header, { shapes: { a: [2, 3], b: [] }, metadata: { k: 'v' } })
})

test('a missing file is told', async (t) => {
  await t.throwsAsync(readSafetensors('/nowhere/x.safetensors'), {
    instanceOf: DataError,
    message: '/nowhere/x.safetensors: there is no such file; give another path',
  })
})

test('a file cut short is told, with both sizes', async (t) => {
  const path = newPath()
  await writeSafetensors(path, { a: zeros('float32', [100]) })
  const { length } = await readFile(path)
  await truncate(path, length - 1)
  await t.throwsAsync(readSafetensors(path), {
    instanceOf: DataError,
    message: `${path}: the file is cut short, at ${length - 1} of at least ${length} bytes; copy or save it again`,
  })
})

test('files of another format are told', async (t) => {
  const contents = [
    ['', 'it has 0 bytes'],
    [`PK\u0003\u0004${'x'.repeat(20)}`, 'its header has no sensible length'],
    [withHeader('not json'), 'its header is not JSON'],
    [withHeader('[]'), 'its header is not a JSON object'],
    [withHeader('{"__metadata__":["pt"]}'), 'its __metadata__ is no object of texts'],
    [withHeader('{"__metadata__":null}'), 'its __metadata__ is no object of texts'],
    [withHeader('{"__metadata__":{"format":1}}'), 'its __metadata__ is no object of texts'],
    [
      withHeader('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}'),
      'the shape of a is [-1]',
    ],
    [
      withHeader('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,4]}}'),
      'a should have 12 bytes and has 4',
    ],
    [
      withHeader('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0]}}'),
      'the offsets of a are [0]',
    ],
  ] as const
  for (const [content, what] of contents) {
    const path = newPath()
    await writeFile(path, content)
    await t.throwsAsync(readSafetensors(path), {
      instanceOf: DataError,
      message: `${path}: not a safetensors file: ${what}; give a file that safetensors or torch.save wrote`,
    })
  }
})

test('a type that is not read is told', async (t) => {
  const path = newPath()
  await writeFile(path, withHeader('{"a":{"dtype":"F8_E5M2","shape":[4],"data_offsets":[0,4]}}'))
  await t.throwsAsync(readSafetensors(path), {
    message: `${path}: a is of type F8_E5M2, which is not read; save it as one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL`,
  })
})

test('an integer past 32 bits is told', async (t) => {
  const path = newPath()
  const header = withHeader('{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}', 0)
  const value = Buffer.alloc(8)
  value.writeBigInt64LE(2n ** 31n)
  await writeFile(path, Buffer.concat([header, value]))
  await t.throwsAsync(readSafetensors(path), {
    message: `${path}: a holds 2147483648, which needs 64 bits; save it as int32`,
  })
})

function withHeader(json: string, trailing = 16): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, Buffer.from(json), Buffer.alloc(trailing)])
}
