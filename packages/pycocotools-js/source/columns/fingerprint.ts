import type { NodeModules } from './node_modules.js'

/** Bytes at the start and at the end that are looked at. */
const ENDS = 2 ** 20

/**
 * What changes when a file does: its size, times and inode, and the checksum of its first and last
 * megabyte, as times can be set back. A file that was changed only between these, with its size and
 * all times restored, is taken for the same.
 *
 * @throws where the file cannot be read.
 */
export function fingerprintOf(file: string | URL, { fs, zlib }: NodeModules): string {
  const descriptor = fs.openSync(file, 'r')
  try {
    const { size, mtimeNs, ctimeNs, ino } = fs.fstatSync(descriptor, { bigint: true })
    const bytes = new Uint8Array(ENDS)
    let checksum = 0
    for (const start of [0, Math.max(0, Number(size) - ENDS)]) {
      const count = fs.readSync(descriptor, bytes, 0, ENDS, start)
      checksum = zlib.crc32(bytes.subarray(0, count), checksum)
    }
    return [size, mtimeNs, ctimeNs, ino, checksum].join(' ')
  } finally {
    fs.closeSync(descriptor)
  }
}
