import { resizeBilinear, resizedSize } from '../datasets/resize.js'
import type { PredictBatch } from '../detectors/detector.js'
import type { HostTree } from '../engine/tensors.js'
import { floats } from '../host_tensor.js'

/** How an image becomes the input of a detector. */
export interface InputScale {
  /** Limits of the `[long, short]` side, input pixels. */
  testScale: readonly [number, number]
  /** Sides are padded up to multiples of it. */
  bucketStep: number
}

/** How images are scaled where a config has no data. */
export const COCO_SCALE: InputScale = { testScale: [1333, 800], bucketStep: 32 }

/**
 * Height and width of the padded input that the largest landscape image has: `[800, 1344]` for
 * `[1333, 800]`.
 */
export function landscapeShape({ testScale, bucketStep }: InputScale): [number, number] {
  const [height, width] = [Math.min(...testScale), Math.max(...testScale)]
  return [padded(height, bucketStep), padded(width, bucketStep)]
}

function padded(side: number, step: number): number {
  return Math.ceil(side / step) * step
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
): HostTree<PredictBatch> {
  const resized = resizedSize(size, testScale)
  const [height, width] = resized.map((side) => padded(side, bucketStep))
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
