/** A picture in host memory. */
export interface RgbImage {
  /** `[height, width, 3]`, RGB, 0 to 255, row-major. */
  data: Uint8Array
  width: number
  height: number
}

/** A picture with pixels of its own, to draw on. */
export function copyImage({ data, width, height }: RgbImage): RgbImage {
  return { data: Uint8Array.from(data), width, height }
}
