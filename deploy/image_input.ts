import { resizeBilinear, resizedSize } from '../datasets/index.js'
import { floats, type HostTree } from '../engine/index.js'
import type { PredictInputs } from './predictor.js'

/** How an image becomes the input of a detector. */
export interface InputScale {
  /** Limits of the `[long, short]` side, input pixels. */
  testScale: readonly [number, number]
  /** Sides are padded up to multiples of it. */
  bucketStep: number
}

/**
 * A batch of one image, resized and padded as evaluation does it, so that the same is found in it.
 *
 * @param pixels `[height, width, 3]` RGB.
 * @param size `[height, width]` of the image.
 */
export function imageInput(
  pixels: Uint8Array,
  size: readonly [number, number],
  { testScale, bucketStep }: InputScale,
): HostTree<PredictInputs> {
  const resized = resizedSize(size, testScale)
  const [height, width] = resized.map((side) => Math.ceil(side / bucketStep) * bucketStep)
  const canvas = new Uint8Array(height * width * 3)
  resizeBilinear(pixels, size, {
    canvas,
    offset: 0,
    rowBytes: width * 3,
    size: resized,
    flip: false,
  })
  const [factorX, factorY] = [resized[1] / size[1], resized[0] / size[0]]
  return {
    images: { dtype: 'uint8', shape: [1, height, width, 3], data: canvas },
    imageSizes: floats(resized, [1, 2]),
    scaleFactors: floats([factorX, factorY, factorX, factorY], [1, 4]),
  }
}
