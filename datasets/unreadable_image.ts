import { fileTypeFromBuffer } from 'file-type'
import { DataError } from '../errors.js'

/** What `decodeImage` reads. */
export const READABLE = 'JPEG, PNG, WebP, TIFF, GIF or AVIF'

/** Fix of an image whose samples have no known range of brightness. */
export const TO_8_OR_16_BITS = 'convert it to 8 or 16 bits without sign'

/** Why a file cannot be opened or read at all. */
export function openError(file: string, error: unknown): DataError {
  const code = error instanceof Error && 'code' in error ? error.code : error
  if (code === 'ENOENT') {
    const fix = 'set imageDir of data.train or data.val to their folder'
    return new DataError(file, 'no such image', fix)
  }
  if (code === 'EISDIR') {
    return new DataError(file, 'is a folder, not an image', `give a ${READABLE} file`)
  }
  return new DataError(file, `cannot be read (${String(code)})`, 'make it a readable file')
}

/**
 * Why bytes that were read from `file` are no image, by what they hold; `error` is the decoder's.
 */
export async function unreadableError(
  file: string,
  bytes: Uint8Array,
  error: unknown,
): Promise<DataError> {
  const reason = reasonOf(error)
  if (reason.includes('samples out of range')) {
    return new DataError(file, 'has samples of more than 32 bits', TO_8_OR_16_BITS)
  }
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES))
  const [what, fix] = (await contentsOf(head)) ?? [
    `is broken or cut short (${reason})`,
    'copy the image again',
  ]
  return new DataError(file, what, fix)
}

/** So much of a file shows what it holds. */
const HEAD_BYTES = 64 * 1024

/** First line of what the decoder says. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.trim().split('\n')[0] : String(error)
}

type WhatAndFix = readonly [what: string, fix: string]

/**
 * What a file holds in place of an image that can be read; undefined where that is what it begins
 * as.
 */
async function contentsOf(head: Buffer): Promise<WhatAndFix | undefined> {
  if (head.length === 0) return ['is an empty file', 'copy the image again']
  const marker = head.toString('latin1')
  if (marker.startsWith('version https://git-lfs.github.com/')) {
    return ['is a Git LFS pointer, not the image itself', 'run git lfs pull']
  }
  if (/^\W*(<!--.*?-->\s*)*<(!doctype\s+)?html\b/is.test(marker)) {
    return ['is an HTML page, not an image', 'download the image again']
  }
  if (marker.startsWith('\x00\x05\x16\x07')) {
    return ['is a companion file of macOS (AppleDouble), not an image', 'remove it']
  }
  if (TGA_STARTS.some((start) => marker.startsWith(start))) return unsupported('TGA')
  const known = SIGNATURES.find(([pattern]) => pattern.test(marker))?.[1]
  if (known !== undefined) return unsupported(known)

  const type = await fileTypeFromBuffer(head)
  if (type !== undefined) {
    if (READ_TYPES.has(type.ext)) return undefined
    const isImage = type.mime.startsWith('image/') || type.ext === 'dcm'
    if (isImage) return unsupported(IMAGE_NAMES[type.ext] ?? type.ext.toUpperCase())
    return [`is a file of type ${type.mime}, not an image`, `give a ${READABLE} file`]
  }
  if (/^(II\*\0|MM\0\*)/.test(marker)) return undefined // a TIFF without its directory
  if (isText(head)) {
    const start = JSON.stringify(head.toString('utf8').trim().slice(0, 20))
    return [`is text, not an image (it begins with ${start})`, 'copy the image again']
  }
  return ['is in no image format that is known', `copy it again, or give a ${READABLE} file`]
}

function unsupported(format: string): WhatAndFix {
  return [
    `is in the format ${format}, which is not supported`,
    `convert it to PNG, or another of ${READABLE}`,
  ]
}

/** Extensions of file-type whose files are read: what is wrong with one is told by the decoder. */
const READ_TYPES = new Set(['jpg', 'png', 'apng', 'webp', 'tif', 'gif', 'avif'])

/** Extensions of file-type that are not the name of the format. */
const IMAGE_NAMES: Partial<Record<string, string>> = {
  jp2: 'JPEG 2000',
  jpx: 'JPEG 2000',
  jpm: 'JPEG 2000',
  j2c: 'JPEG 2000',
  mj2: 'Motion JPEG 2000',
  jxl: 'JPEG XL',
  jxr: 'JPEG XR',
  psd: 'PSD (Photoshop)',
  xcf: 'XCF (GIMP)',
  dcm: 'DICOM',
  icns: 'ICNS (icons of macOS)',
}

/** Formats that file-type does not know, by their first bytes as Latin-1. */
const SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [/^P[1-7][\s#]/, 'PNM (PBM, PGM, PPM or PAM)'],
  [/^P[Ff]\s/, 'PFM'],
  [/^v\/1/, 'OpenEXR'],
  [/^#\?(RADIANCE|RGBE)/, 'Radiance HDR'],
  [/^SIMPLE {2}=/, 'FITS'],
  [/^DDS /, 'DDS'],
  [/^qoif/, 'QOI'],
  [/^\x93NUMPY/, 'NumPy array'],
  [/^\x89HDF/, 'HDF5'],
]

/**
 * First bytes of true colour without a palette, plain and by run lengths; file-type takes it for a
 * cursor.
 */
const TGA_STARTS = ['\0\0\x02\0\0\0\0\0', '\0\0\x0a\0\0\0\0\0']

function isText(head: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return !/(?![\t\n\r\f])\p{Cc}/u.test(text)
  } catch {
    return false // bytes that are no UTF-8
  }
}
