import { type FileHandle, open } from 'node:fs/promises'
import { orFileError } from '../../files/file_error.js'
import { notRead } from '../cli/file_error.js'

/** What the head of a shared library of Linux (ELF) or Windows (PE) says. */
export interface SharedLibrary {
  /** As `process.arch` says it, or the number that the file has for it. */
  architecture: string
  /** False for a file that is shorter than its head says: loading one ends the process. */
  isWhole: boolean
  /** Names of the libraries that it needs, such as `libcudart.so.13`; of ELF only. */
  needed: string[]
}

/** Reads the head of a shared library; undefined for a file that is none. */
export function readSharedLibrary(path: string): Promise<SharedLibrary | undefined> {
  return withFile(path, async (file, size) => {
    const head = await read(file, 0, 64)
    if (head.length < 64) return undefined
    if (head.toString('latin1', 0, 4) === '\x7fELF') return readElf(file, head, size)
    if (head.toString('latin1', 0, 2) === 'MZ') return readPe(file, head, size)
    return undefined
  })
}

/**
 * Whether a file holds a version such as `1.29.0` as a text of its own, of one or two bytes a
 * character. It is read in pieces, as it may be hundreds of megabytes.
 */
export function holdsVersion(path: string, version: string): Promise<boolean> {
  const texts = [Buffer.from(`${version}\0`), Buffer.from(version, 'utf16le')]
  const overlap = 2 * version.length
  return withFile(path, async (file, size) => {
    for (let at = 0; at < size; at += PIECE) {
      const start = Math.max(0, at - overlap)
      const piece = await read(file, start, at + PIECE - start)
      if (texts.some((text) => holdsApart(piece, text))) return true
    }
    return false
  })
}

const PIECE = 16 * 2 ** 20

/** @throws DataError where the file cannot be read. */
function withFile<T>(
  path: string,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  return orFileError(path, notRead, async () => {
    const file = await open(path, 'r')
    try {
      return await use(file, (await file.stat()).size)
    } finally {
      await file.close()
    }
  })
}

/** Whether `text` stands in `bytes` with no digit or point before it. */
function holdsApart(bytes: Buffer, text: Buffer): boolean {
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
    const before = bytes.toString('latin1', Math.max(0, at - 2), at)
    if (!/[\d.]\0?$/.test(before)) return true
  }
  return false
}

const ELF_ARCHITECTURES: Record<number, string> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64' }
const SEGMENT_BYTES = 56
const PROGRAM_LOAD = 1
const PROGRAM_DYNAMIC = 2
const DYNAMIC_NEEDED = 1n
const DYNAMIC_STRINGS = 5n
const DYNAMIC_STRINGS_SIZE = 10n

/** A part of the file and the address that it is loaded at. */
interface Segment {
  kind: number
  offset: number
  address: number
  size: number
}

/** Source: the ELF-64 object file format; little-endian. */
async function readElf(
  file: FileHandle,
  head: Buffer,
  size: number,
): Promise<SharedLibrary | undefined> {
  const [is64, isLittleEndian, isShared] = [head[4] === 2, head[5] === 1, head[16] === 3]
  if (!is64 || !isLittleEndian || !isShared) return undefined
  const machine = head.readUInt16LE(18)
  const architecture = ELF_ARCHITECTURES[machine] ?? String(machine)
  const sectionsEnd = numberAt(head, 40) + head.readUInt16LE(58) * head.readUInt16LE(60)
  const [segmentBytes, segmentCount] = [head.readUInt16LE(54), head.readUInt16LE(56)]
  if (segmentBytes < SEGMENT_BYTES) return undefined
  const table = await read(file, numberAt(head, 32), segmentBytes * segmentCount)
  if (sectionsEnd > size || table.length < segmentBytes * segmentCount) {
    return { architecture, isWhole: false, needed: [] }
  }
  const segments = Array.from({ length: segmentCount }, (_, i): Segment => {
    const entry = table.subarray(i * segmentBytes)
    const [offset, address, size] = [8, 16, 32].map((at) => numberAt(entry, at))
    return { kind: entry.readUInt32LE(0), offset, address, size }
  })
  if (segments.some((segment) => segment.offset + segment.size > size)) {
    return { architecture, isWhole: false, needed: [] }
  }
  return { architecture, isWhole: true, needed: await neededOf(file, segments) }
}

async function neededOf(file: FileHandle, segments: readonly Segment[]): Promise<string[]> {
  const dynamic = segments.find(({ kind }) => kind === PROGRAM_DYNAMIC)
  if (!dynamic) return []
  const table = await read(file, dynamic.offset, dynamic.size)
  const entries: [tag: bigint, value: number][] = []
  for (let at = 0; at + 16 <= table.length; at += 16) {
    entries.push([table.readBigUInt64LE(at), numberAt(table, at + 8)])
  }
  const entryOf = (tag: bigint) => entries.find(([known]) => known === tag)?.[1] ?? 0
  const address = entryOf(DYNAMIC_STRINGS)
  const loaded = segments.find(
    (segment) =>
      segment.kind === PROGRAM_LOAD &&
      address >= segment.address &&
      address < segment.address + segment.size,
  )
  if (!loaded) return []
  const offset = address - loaded.address + loaded.offset
  const strings = await read(file, offset, entryOf(DYNAMIC_STRINGS_SIZE))
  return entries
    .filter(([tag]) => tag === DYNAMIC_NEEDED)
    .map(([, at]) => strings.toString('latin1', at, strings.indexOf(0, at)))
}

const PE_ARCHITECTURES: Record<number, string> = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' }

/** Source: Microsoft's PE format. */
async function readPe(
  file: FileHandle,
  head: Buffer,
  size: number,
): Promise<SharedLibrary | undefined> {
  const start = head.readUInt32LE(60)
  const header = await read(file, start, 24)
  if (header.length < 24 || header.toString('latin1', 0, 4) !== 'PE\0\0') return undefined
  const machine = header.readUInt16LE(4)
  const architecture = PE_ARCHITECTURES[machine] ?? String(machine)
  const sections = await read(
    file,
    start + 24 + header.readUInt16LE(20),
    40 * header.readUInt16LE(6),
  )
  let end = 0
  for (let at = 0; at + 40 <= sections.length; at += 40) {
    end = Math.max(end, sections.readUInt32LE(at + 16) + sections.readUInt32LE(at + 20))
  }
  return { architecture, isWhole: sections.length > 0 && end <= size, needed: [] }
}

/** Number of 64 bits; offsets and sizes of files are exact as numbers. */
function numberAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}

/** Shorter at the end of the file, however long a damaged head says that it is. */
async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { size } = await file.stat()
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - position)))
  if (buffer.length === 0) return buffer
  const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
  return buffer.subarray(0, bytesRead)
}
