/**
 * A mask as compressed run lengths: column by column, background first.
 *
 * Functions take the counts as text or as ASCII bytes, and return text.
 */
export interface RLE<Counts extends string | Uint8Array = string | Uint8Array> {
  /** `[height, width]`, pixels. */
  size: [number, number]
  counts: Counts
}

/** The same with the run lengths as they are. */
export interface UncompressedRLE {
  /** `[height, width]`, pixels. */
  size: [number, number]
  counts: number[]
}

/** A mask pixel by pixel: 0 and 1. */
export interface BinaryMask {
  /** `[height, width]`, pixels. */
  size: [number, number]
  /** `[height, width]`, row by row. (pycocotools takes numpy arrays in column-major order.) */
  data: Uint8Array
}
