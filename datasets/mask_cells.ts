/** Cells a side of a batch's masks: objects up to as many pixels long are kept pixel by pixel. */
export const MASK_SIDE = 112

/** The masks of a batch of `n` images; empty past an image's objects. */
export interface BatchMasks {
  /** `[n, slots, MASK_SIDE, MASK_SIDE]`, as `InstanceMask`. */
  cells: Uint8Array<ArrayBuffer>
  /** `[n, slots, 4]` `x1 y1 x2 y2`, input pixels: what `cells` show. */
  framesXyxy: Float32Array<ArrayBuffer>
}
