/** What a made-up shared library says in its head. */
export interface FakeLibrary {
  /** Machine of the ELF header: 62 is x64, 183 arm64. */
  machine?: number
  needed?: string[]
  /** A text in it. */
  version?: string
  /** Bytes that an ELF says an entry of its table of segments takes. */
  segmentBytes?: number
  /** Bytes that an ELF says the names of the libraries take. */
  stringsBytes?: number
}

const HEADER = 64
const SEGMENT = 56
const DYNAMIC_ENTRY = 16
const ADDRESS = 0x1000

/** An ELF file that holds nothing but a head, a list of needed libraries and a version. */
export function fakeElf({
  machine = 62,
  needed = [],
  version = '',
  segmentBytes = SEGMENT,
  stringsBytes,
}: FakeLibrary = {}): Buffer {
  const names = Buffer.from(['', ...needed, ''].join('\0'))
  const dynamicAt = HEADER + 2 * SEGMENT
  const dynamicSize = DYNAMIC_ENTRY * (needed.length + 3)
  const stringsAt = dynamicAt + dynamicSize
  const tail = Buffer.from(`\0${version}\0`)
  const file = Buffer.alloc(stringsAt + names.length + tail.length)
  const put = (at: number, value: number) => file.writeBigUInt64LE(BigInt(value), at)

  file.write('\x7fELF\x02\x01\x01', 'latin1')
  file.writeUInt16LE(3, 16) // a shared object
  file.writeUInt16LE(machine, 18)
  put(32, HEADER) // where the segments are
  file.writeUInt16LE(segmentBytes, 54)
  file.writeUInt16LE(2, 56)
  const segments = [
    { kind: 1, offset: 0, address: ADDRESS, size: file.length },
    { kind: 2, offset: dynamicAt, address: ADDRESS + dynamicAt, size: dynamicSize },
  ]
  for (const [i, { kind, offset, address, size }] of segments.entries()) {
    const at = HEADER + i * SEGMENT
    file.writeUInt32LE(kind, at)
    put(at + 8, offset)
    put(at + 16, address)
    put(at + 32, size)
  }
  const entries = [
    ...needed.map((name) => [1, names.indexOf(`${name}\0`)]),
    [5, ADDRESS + stringsAt],
    [10, stringsBytes ?? names.length],
    [0, 0],
  ]
  for (const [i, [tag, value]] of entries.entries()) {
    put(dynamicAt + i * DYNAMIC_ENTRY, tag)
    put(dynamicAt + i * DYNAMIC_ENTRY + 8, value)
  }
  names.copy(file, stringsAt)
  tail.copy(file, stringsAt + names.length)
  return file
}

/** A Windows library (PE) of one section. */
export function fakePe({ machine = 0x8664, version = '' }: FakeLibrary = {}): Buffer {
  const sectionAt = 64 + 24
  const text = Buffer.from(`ProductVersion\0${version}\0`, 'utf16le')
  const file = Buffer.alloc(sectionAt + 40 + text.length)
  file.write('MZ', 'latin1')
  file.writeUInt32LE(64, 60)
  file.write('PE\0\0', 64, 'latin1')
  file.writeUInt16LE(machine, 68)
  file.writeUInt16LE(1, 70)
  file.writeUInt32LE(text.length, sectionAt + 16)
  file.writeUInt32LE(sectionAt + 40, sectionAt + 20)
  text.copy(file, sectionAt + 40)
  return file
}
