/**
 * EXIF orientation: how a viewer turns the stored pixels of an image before it shows them.
 *
 * AVIF has none here: what turns it is part of the format, and the decoder has applied it.
 */

export const EXIF_MODES = ['auto', 'apply', 'ignore'] as const

/**
 * Whether images are turned by their EXIF orientation: `apply`, as viewers, OpenCV and mmdetection
 * do; `ignore`, as torchvision does; `auto`, as viewers do, unless the annotated size is that of
 * the stored pixels alone.
 */
export type ExifMode = (typeof EXIF_MODES)[number]

/** What a file records of an image before its pixels. */
export interface ImageHeader {
  /** `[height, width]` of the stored pixels. */
  size: [number, number]
  /** 1 to 8; 1 is upright, and stands for none. 2 to 4 keep the size, 5 to 8 swap its sides. */
  orientation: number
}

/** @param annotated `[height, width]`; undefined where the annotations do not have it. */
export function isTurned(
  header: ImageHeader,
  annotated: readonly [number, number] | undefined,
  mode: ExifMode,
): boolean {
  if (header.orientation === 1 || mode === 'ignore') return false
  if (mode === 'apply' || annotated === undefined) return true
  return isSize(shownSize(header), annotated) || !isSize(header.size, annotated)
}

/** `[height, width]` as viewers show it. */
export function shownSize({ size: [height, width], orientation }: ImageHeader): [number, number] {
  return orientation >= 5 ? [width, height] : [height, width]
}

export function isSize(size: readonly number[], other: readonly number[]): boolean {
  return size[0] === other[0] && size[1] === other[1]
}

/** Whether a JPEG may have EXIF data: false only where its segments up to the pixels have none. */
export function mayHaveExif(jpeg: Uint8Array): boolean {
  let at = 2
  while (at + 8 <= jpeg.length && jpeg[at] === 0xff) {
    const marker = jpeg[at + 1]
    if (marker === START_OF_SCAN) return false
    if (marker === APP1 && EXIF.every((byte, i) => jpeg[at + 4 + i] === byte)) return true
    at += 2 + 256 * jpeg[at + 2] + jpeg[at + 3]
  }
  return true
}

const START_OF_SCAN = 0xda
const APP1 = 0xe1
/** `Exif` in ASCII. */
const EXIF = [0x45, 0x78, 0x69, 0x66]

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8
}
