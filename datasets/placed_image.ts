import type { Sample } from './sample.js'

/** An image with its place in a batch: everything but the pixels. */
export interface PlacedImage {
  sample: Sample
  /** `[height, width]` after resizing, input pixels. */
  size: [number, number]
  flip: boolean
  /** `[n, 4]`, `x1 y1 x2 y2`, input pixels, inside the resized image. */
  boxesXyxy: Float32Array
  /** `[n]`. */
  labels: Int32Array
  /** `[n]`, which object of the sample each one is. */
  objects: number[]
}

/** x and y factors from `size` to `resized`, both `[height, width]`. */
export function scaleFactor(
  size: readonly [number, number],
  resized: readonly [number, number],
): [number, number] {
  return [resized[1] / size[1], resized[0] / size[0]]
}
