/** A picture in memory. */
export interface RgbPicture {
  /** `[height, width, 3]`, RGB, 0 to 255. */
  pixels: Uint8Array
  /** `[height, width]`. */
  size: readonly [height: number, width: number]
}

/** A rectangle of whole pixels. */
export interface Rectangle {
  top: number
  left: number
  height: number
  width: number
}

/** A new picture of one colour. @default black */
export function blankPicture(
  [height, width]: readonly [number, number],
  color: readonly number[] = [0, 0, 0],
): RgbPicture {
  const pixels = new Uint8Array(height * width * 3)
  if (color.some((value) => value !== 0)) {
    for (let i = 0; i < pixels.length; i++) pixels[i] = color[i % 3]
  }
  return { pixels, size: [height, width] }
}
