import type { FileHandle } from 'node:fs/promises'
import type { DeviceTensor } from '../engine/device_tensor.js'
import { DataError } from '../errors.js'
import { cutShort, MAX_CALL_BYTES, readBytes, withFile } from '../files/file_bytes.js'
import type { FileSentence } from '../files/file_error.js'
import { replaceFile } from '../files/replace_file.js'
import { type HostTensor, sizeOf } from '../host_tensor.js'
import {
  decodeTensor,
  STORED_DTYPES,
  type StoredDType,
  type StoredTensor,
} from './decode_tensor.js'

const KIND = '.safetensors'

/** What a file records of one tensor. */
interface TensorEntry {
  dtype: StoredDType
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

type WrittenTensor = HostTensor | StoredTensor | DeviceTensor

/** Bytes of a value in memory, where booleans take one. */
const HOST_BYTES = { float32: 4, int32: 4, uint8: 1, bool: 1 } as const

const WRITTEN_DTYPE = { float32: 'F32', int32: 'I32', uint8: 'U8', bool: 'BOOL' } as const

/** A longer header is not believed; the reference implementation draws the line there too. */
const MAX_HEADER_BYTES = 100_000_000

/**
 * Writes tensors to a file, which appears whole or not at all, in the place of one that was there.
 * The arrays go out as they are, with no copy of the whole; stored tensors and those on a device
 * are read one at a time.
 *
 * Source: the safetensors format of Hugging Face: the header's length in 8 bytes, the header as
 * JSON padded to 8 bytes, the arrays back to back, everything little-endian.
 *
 * @param metadata texts to keep in the header.
 * @param sentence what an error of the file system becomes; by default a `DataError`.
 */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, WrittenTensor>>,
  metadata: Readonly<Record<string, string>> = {},
  sentence?: FileSentence,
): Promise<void> {
  const write = async (file: FileHandle) => {
    let position = await writeBytes(file, headerOf(tensors, metadata), 0)
    for (const tensor of Object.values(tensors)) {
      const { data } = 'read' in tensor ? await tensor.read() : tensor
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      position = await writeBytes(file, bytes, position)
    }
  }
  return replaceFile(path, write, sentence)
}

/**
 * Reads all tensors of a file. Floating-point types become float32; integers become int32 (values
 * that do not fit are refused); bytes and booleans stay.
 *
 * @throws DataError where the file is missing, cut short or of another format.
 */
export async function readSafetensors(
  path: string,
): Promise<{ tensors: Record<string, HostTensor>; metadata: Record<string, string> }> {
  return withFile(path, KIND, async (file) => {
    const { entries, metadata, dataStart } = await readEntries(path, file)
    const tensors: Record<string, HostTensor> = {}
    for (const [name, entry] of Object.entries(entries)) {
      const bytes = new Uint8Array(entry.data_offsets[1] - entry.data_offsets[0])
      await readBytes(path, file, bytes, dataStart + entry.data_offsets[0])
      tensors[name] = decodeTensor(path, name, entry, bytes.buffer)
    }
    return { tensors, metadata }
  })
}

/** Lists the tensors of a file; each is read from it when its numbers are asked for. */
export async function listSafetensors(
  path: string,
): Promise<{ tensors: Record<string, StoredTensor>; metadata: Record<string, string> }> {
  return withFile(path, KIND, async (file) => {
    const { entries, metadata, dataStart } = await readEntries(path, file)
    const tensors = Object.entries(entries).map(([name, entry]) => {
      const { dtype, shape, data_offsets: offsets } = entry
      const read = () =>
        withFile(path, KIND, async (file) => {
          const bytes = new Uint8Array(offsets[1] - offsets[0])
          await readBytes(path, file, bytes, dataStart + offsets[0])
          return decodeTensor(path, name, entry, bytes.buffer)
        })
      return [name, { dtype: STORED_DTYPES[dtype].host, shape, read }] as const
    })
    return { tensors: Object.fromEntries(tensors), metadata }
  })
}

/** Reads names, shapes and metadata only. */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  return withFile(path, KIND, async (file) => {
    const { entries, metadata } = await readEntries(path, file)
    const shapes = Object.entries(entries).map(([name, { shape }]) => [name, shape] as const)
    return { shapes: Object.fromEntries(shapes), metadata }
  })
}

function headerOf(
  tensors: Readonly<Record<string, WrittenTensor>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, TensorEntry | Readonly<Record<string, string>>> = {}
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata
  let offset = 0
  for (const [name, { dtype, shape }] of Object.entries(tensors)) {
    const end = offset + sizeOf(shape) * HOST_BYTES[dtype]
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
  if (!isTexts(metadata)) throw notSafetensors(path, 'its __metadata__ is no object of texts')
  for (const [name, entry] of Object.entries(entries)) {
    checkEntry(path, name, entry as TensorEntry)
    const end = dataStart + (entry as TensorEntry).data_offsets[1]
    if (end > size) throw cutShort(path, size, end)
  }
  return {
    entries: entries as Record<string, TensorEntry>,
    metadata,
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
  if (!isRecord(header)) throw notSafetensors(path, 'its header is not a JSON object')
  return header
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string')
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
  if (!Object.hasOwn(STORED_DTYPES, dtype)) {
    throw new DataError(
      path,
      `${name} is of type ${dtype}, which is not read`,
      `save it as one of ${Object.keys(STORED_DTYPES).join(', ')}`,
    )
  }
  const expected = sizeOf(shape) * STORED_DTYPES[dtype].bytes
  if (offsets[1] - offsets[0] !== expected) {
    const found = offsets[1] - offsets[0]
    throw notSafetensors(path, `${name} should have ${expected} bytes and has ${found}`)
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

function notSafetensors(path: string, what: string): DataError {
  return new DataError(
    path,
    `not a safetensors file: ${what}`,
    'give a file that safetensors or torch.save wrote',
  )
}
