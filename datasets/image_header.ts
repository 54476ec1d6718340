import { type FileHandle, open } from 'node:fs/promises'
import sharp, { type Metadata } from 'sharp'
import { DataError } from '../errors.js'
import { type ImageHeader, isJpeg, mayHaveExif } from './exif.js'
import { openError, TO_8_OR_16_BITS, unreadableError } from './unreadable_image.js'

/** Pixels of the largest image that is decoded by default, as in sharp: 16383 x 16383. */
export const MAX_PIXELS = 0x3fff * 0x3fff

export interface LimitOptions {
  /** Images of more pixels are refused. @default 268402689 */
  maxPixels?: number
}

/** Bytes of a file that are read first; nearly all headers end in them. */
const HEAD_BYTES = 64 * 1024

/**
 * A JPEG without EXIF most often has its pixels begin before this, and a small buffer costs less
 * than opening the file.
 */
const START_BYTES = 2 * 1024

/**
 * Size and EXIF orientation of an image, from the first bytes of its file where they hold both.
 *
 * @throws DataError as `decodeImage` does, but for what is wrong with the pixels themselves.
 */
export function readHeader(file: string, options: LimitOptions = {}): Promise<ImageHeader> {
  return withFile(file, async (handle) => {
    const head = await readHead(handle, HEAD_BYTES)
    return parseHead(file, { head, handle, options })
  })
}

/**
 * `readHeader` of an image that EXIF orientation turns; undefined for one that it does not. Faster,
 * as it parses no header of a JPEG without EXIF.
 */
export function readTurnedHeader(
  file: string,
  options: LimitOptions = {},
): Promise<ImageHeader | undefined> {
  return withFile(file, async (handle) => {
    const start = await readHead(handle, START_BYTES)
    if (isJpeg(start) && !mayHaveExif(start)) return undefined
    const head = await readHead(handle, HEAD_BYTES)
    if (isJpeg(head) && !mayHaveExif(head)) return undefined
    const header = await parseHead(file, { head, handle, options })
    return header.orientation === 1 ? undefined : header
  })
}

async function withFile<Result>(
  file: string,
  parse: (handle: FileHandle) => Promise<Result>,
): Promise<Result> {
  try {
    const handle = await open(file)
    try {
      return await parse(handle)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw error instanceof DataError ? error : openError(file, error)
  }
}

interface OpenFile {
  head: Uint8Array
  handle: FileHandle
  options: LimitOptions
}

/** Reads the rest of the file only where the head is not enough. */
async function parseHead(file: string, { head, handle, options }: OpenFile): Promise<ImageHeader> {
  if (head.length < HEAD_BYTES) return parseHeader(file, head, options)
  const metadata = await readMetadata(head).catch(() => undefined)
  if (metadata !== undefined) return checkedHeader(file, metadata, options)
  return parseHeader(file, await handle.readFile(), options)
}

async function readHead(handle: FileHandle, length: number): Promise<Uint8Array> {
  const head = Buffer.allocUnsafe(length)
  const { bytesRead } = await handle.read(head, 0, length, 0)
  return head.subarray(0, bytesRead)
}

/** `readHeader` of a whole file that was read from `file`. */
export async function parseHeader(
  file: string,
  bytes: Uint8Array,
  options: LimitOptions = {},
): Promise<ImageHeader> {
  let metadata: Metadata
  try {
    metadata = await readMetadata(bytes)
  } catch (error) {
    throw await unreadableError(file, bytes, error)
  }
  return checkedHeader(file, metadata, options)
}

function readMetadata(bytes: Uint8Array): Promise<Metadata> {
  return sharp(bytes, { failOn: 'truncated', limitInputPixels: false }).metadata()
}

/** Refuses what could be decoded in a wrong way only, or would take too much memory. */
function checkedHeader(
  file: string,
  { width, height, depth, orientation = 1 }: Metadata,
  { maxPixels = MAX_PIXELS }: LimitOptions,
): ImageHeader {
  if (width * height > maxPixels) {
    const pixels = width * height
    throw new DataError(
      file,
      `is ${width} x ${height} = ${pixels} pixels, more than the limit of ${maxPixels}`,
      `set data.maxPixels=${pixels} (infer: --max-pixels ${pixels}), or cut the image into tiles`,
    )
  }
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new DataError(
      file,
      `has samples of type ${SAMPLE_TYPES[depth] ?? depth}, whose range of brightness is not known`,
      TO_8_OR_16_BITS,
    )
  }
  return {
    size: [height, width],
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
  }
}

/** Names of libvips that do not speak for themselves. */
const SAMPLE_TYPES: Partial<Record<string, string>> = {
  char: 'int8',
  short: 'int16',
  uint: 'uint32',
  int: 'int32',
}
