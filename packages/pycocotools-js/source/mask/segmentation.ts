/** A mask as annotations hold it. Sizes are `[height, width]`, pixels. */
export type Segmentation =
  /**
   * The union of polygons, each `x1 y1 x2 y2 ...` in image pixels. It takes its size from the
   * image.
   */
  | { polygons: readonly ArrayLike<number>[] }
  /** Run lengths, column by column, background first. */
  | { size: readonly [number, number]; runs: ArrayLike<number> }
  /** The same as a compressed string, in ASCII bytes. */
  | { size: readonly [number, number]; counts: Uint8Array }
