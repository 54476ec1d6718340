import { resizeBilinear, resizedSize } from '../datasets/resize.js'
import { floats, type HostTensor, sizeOf } from '../host_tensor.js'
import { Random } from '../random/random.js'

/** `[height, width]` of a decoded image, the most frequent of COCO's. */
const IMAGE_SIZE = [480, 640] as const

/** How images of one size lie in the input of a detector. Sizes are `[height, width]`. */
export interface BenchmarkFrames {
  /** Size of the decoded images: 480 x 640, or 640 x 480 for an input that is taller than wide. */
  originalSize: readonly [number, number]
  /** Size after resizing, before padding. */
  size: readonly [number, number]
  /** Size of the padded input. */
  inputSize: readonly [number, number]
  batch: number
  /** `[n, 2]`, `size` of each image. */
  imageSizes: HostTensor
  /** `[n, 4]`, x y x y factors from `originalSize` to `size`. */
  scaleFactors: HostTensor
}

export function benchmarkFrames(
  inputSize: readonly [height: number, width: number],
  batch: number,
): BenchmarkFrames {
  const isTall = inputSize[0] > inputSize[1]
  const originalSize = isTall ? ([IMAGE_SIZE[1], IMAGE_SIZE[0]] as const) : IMAGE_SIZE
  const size = resizedSize(originalSize, inputSize)
  const [y, x] = [size[0] / originalSize[0], size[1] / originalSize[1]]
  const repeated = (row: number[]) => floats(Array(batch).fill(row).flat(), [batch, row.length])
  return {
    originalSize,
    size,
    inputSize,
    batch,
    imageSizes: repeated([...size]),
    scaleFactors: repeated([x, y, x, y]),
  }
}

/**
 * Draws decoded images; each call of the result resizes and pads them into a new batch, as
 * `datasets/` does.
 */
export function makePreprocess(
  { originalSize, size, inputSize, batch }: BenchmarkFrames,
  seed: number,
): () => HostTensor {
  const random = new Random(seed, 'benchmark', 'images')
  const images = Array.from({ length: batch }, () =>
    Uint8Array.from({ length: sizeOf(originalSize) * 3 }, () => random.integer(256)),
  )
  const [height, width] = inputSize
  const rowBytes = width * 3
  return () => {
    const canvas = new Uint8Array(batch * height * rowBytes)
    for (const [i, image] of images.entries()) {
      const offset = i * height * rowBytes
      resizeBilinear(image, originalSize, { canvas, offset, rowBytes, size, flip: false })
    }
    return { dtype: 'uint8', shape: [batch, height, width, 3], data: canvas }
  }
}
