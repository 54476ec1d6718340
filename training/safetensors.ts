import { type FileHandle, open } from 'node:fs/promises'
import { floats, type HostTensor, ints, sizeOf } from '../engine/tensors.js'
import { DataError } from '../errors.js'
import { bfloat16ToFloat32, float16ToFloat32 } from './half_floats.js'

/** What a file says of one tensor. */
interface TensorEntry {
  dtype: string
  shape: number[]
  /** First and past-the-last byte, from the end of the header. */
  data_offsets: [number, number]
}

export interface SafetensorsHeader {
  /** Shapes by name, in the order of the file. */
  shapes: Record<string, number[]>
  /** Free texts by key. */
  metadata: Record<string, string>
}

/** Bytes of a value of each type that can be read. */
const BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
}

const WRITTEN_DTYPE = { float32: 'F32', int32: 'I32', uint8: 'U8', bool: 'BOOL' } as const

/** One call writes or reads at most this much: the system's limit is 2 GiB. */
const MAX_CALL_BYTES = 256 * 1024 * 1024

/** A longer header is not believed; the reference implementation draws the line there too. */
const MAX_HEADER_BYTES = 100_000_000

/**
 * Writes tensors to a new file and syncs it to the disk; an existing file is replaced. The arrays go
 * out as they are, with no copy of the whole.
 *
 * Source: the safetensors format of Hugging Face: the header's length in 8 bytes, the header as JSON
 * padded to 8 bytes, the arrays back to back, everything little-endian.
 *
 * @param metadata texts to keep in the header.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const file = await open(path, 'w')
  try {
    let position = await writeBytes(file, headerOf(tensors, metadata), 0)
    for (const { data } of Object.values(tensors)) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      position = await writeBytes(file, bytes, position)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Reads all tensors of a file. Floating-point types become float32; integers become int32 (values that
 * do not fit are refused); bytes and booleans stay.
 *
 * @throws DataError where the file is missing, cut short or of another format.
 */
export async function readSafetensors(
  path: string,
): Promise<{ tensors: Record<string, HostTensor>; metadata: Record<string, string> }> {
  return withFile(path, async (file) => {
    const { entries, metadata, dataStart } = await readEntries(path, file)
    const tensors: Record<string, HostTensor> = {}
    for (const [name, entry] of Object.entries(entries)) {
      const bytes = new Uint8Array(entry.data_offsets[1] - entry.data_offsets[0])
      await readBytes(path, file, bytes, dataStart + entry.data_offsets[0])
      tensors[name] = decode(path, name, entry, bytes.buffer)
    }
    return { tensors, metadata }
  })
}

/** Reads names, shapes and metadata only. */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  return withFile(path, async (file) => {
    const { entries, metadata } = await readEntries(path, file)
    const shapes = Object.entries(entries).map(([name, { shape }]) => [name, shape] as const)
    return { shapes: Object.fromEntries(shapes), metadata }
  })
}

function headerOf(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, TensorEntry | Readonly<Record<string, string>>> = {}
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata
  let offset = 0
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const end = offset + data.byteLength
    header[name] = { dtype: WRITTEN_DTYPE[dtype], shape: [...shape], data_offsets: [offset, end] }
    offset = end
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8')
  const padded = Math.ceil(json.length / 8) * 8
  const bytes = Buffer.alloc(8 + padded, ' ')
  bytes.writeBigUInt64LE(BigInt(padded), 0)
  json.copy(bytes, 8)
  return bytes
}

async function readEntries(path: string, file: FileHandle) {
  const { size } = await file.stat()
  const prefix = Buffer.alloc(8)
  if (size < 8) throw notSafetensors(path, `it has ${size} bytes`)
  await readBytes(path, file, prefix, 0)
  const headerBytes = Number(prefix.readBigUInt64LE(0))
  const dataStart = 8 + headerBytes
  if (headerBytes > MAX_HEADER_BYTES)
    throw notSafetensors(path, 'its header has no sensible length')
  if (dataStart > size) throw cutShort(path, size, dataStart)

  const json = Buffer.alloc(headerBytes)
  await readBytes(path, file, json, 8)
  const { __metadata__: metadata = {}, ...entries } = parseHeader(path, json.toString('utf8'))
  for (const [name, entry] of Object.entries(entries)) {
    checkEntry(path, name, entry as TensorEntry)
    const end = dataStart + (entry as TensorEntry).data_offsets[1]
    if (end > size) throw cutShort(path, size, end)
  }
  return {
    entries: entries as Record<string, TensorEntry>,
    metadata: metadata as Record<string, string>,
    dataStart,
  }
}

function parseHeader(path: string, json: string): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(json)
  } catch {
    throw notSafetensors(path, 'its header is not JSON')
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw notSafetensors(path, 'its header is not a JSON object')
  }
  return header as Record<string, unknown>
}

function checkEntry(path: string, name: string, entry: TensorEntry): void {
  const { dtype, shape, data_offsets: offsets } = entry ?? {}
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw notSafetensors(path, `the shape of ${name} is ${JSON.stringify(shape)}`)
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw notSafetensors(path, `the offsets of ${name} are ${JSON.stringify(offsets)}`)
  }
  if (!Object.hasOwn(BYTES, dtype)) {
    throw new DataError(
      path,
      `${name} is of type ${dtype}, which is not read`,
      `save it as one of ${Object.keys(BYTES).join(', ')}`,
    )
  }
  const expected = sizeOf(shape) * BYTES[dtype]
  if (offsets[1] - offsets[0] !== expected) {
    const found = offsets[1] - offsets[0]
    throw notSafetensors(path, `${name} should have ${expected} bytes and has ${found}`)
  }
}

function decode(
  path: string,
  name: string,
  { dtype, shape }: TensorEntry,
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
      return { dtype: dtype === 'BOOL' ? 'bool' : 'uint8', shape, data: new Uint8Array(buffer) }
  }
}

function narrow(path: string, name: string, values: BigInt64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    const number = Number(value)
    if (number === (number | 0)) return number
    throw new DataError(path, `${name} holds ${value}, which needs 64 bits`, 'save it as int32')
  })
}

async function withFile<Result>(
  path: string,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new DataError(path, 'there is no such file', 'give another path')
    throw new DataError(path, `it cannot be read (${code})`, 'check its permissions')
  }
  try {
    if (!(await file.stat()).isFile()) {
      throw new DataError(path, 'it is no file', 'give the path of a .safetensors file')
    }
    return await use(file)
  } finally {
    await file.close()
  }
}

async function writeBytes(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < bytes.length) {
    const length = Math.min(MAX_CALL_BYTES, bytes.length - done)
    const { bytesWritten } = await file.write(bytes, done, length, position + done)
    done += bytesWritten
  }
  return position + done
}

async function readBytes(
  path: string,
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const length = Math.min(MAX_CALL_BYTES, bytes.length - done)
    const { bytesRead } = await file.read(bytes, done, length, position + done)
    if (bytesRead === 0) throw cutShort(path, position + done, position + bytes.length)
    done += bytesRead
  }
}

function notSafetensors(path: string, what: string): DataError {
  return new DataError(path, `not a safetensors file: ${what}`, 'give a .safetensors checkpoint')
}

function cutShort(path: string, found: number, expected: number): DataError {
  return new DataError(
    path,
    `the file is cut short, at ${found} of at least ${expected} bytes`,
    'copy or save it again',
  )
}
