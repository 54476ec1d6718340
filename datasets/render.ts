import type { BatchPlan } from './batch.js'
import { decodeImage, type ImageOptions } from './image.js'
import { resizeBilinear } from './resize.js'

/** What a worker needs to make the pixels of a batch. Sizes are `[height, width]`. */
export interface RenderRequest extends ImageOptions {
  /** Padded size of every image. */
  size: [number, number]
  images: {
    file: string
    /** Size of the image on disk, by its annotations. */
    originalSize: [number, number]
    /** Size after resizing. */
    size: [number, number]
    flip: boolean
  }[]
}

export function renderRequest(
  { size, images }: BatchPlan,
  { exif, maxPixels }: ImageOptions = {},
): RenderRequest {
  return {
    size,
    exif,
    maxPixels,
    images: images.map((image) => ({
      file: image.sample.file,
      originalSize: image.sample.size,
      size: image.size,
      flip: image.flip,
    })),
  }
}

/**
 * Decodes, resizes and mirrors the images of a batch.
 *
 * @returns `[n, h, w, 3]`, RGB, zero where padded, in a buffer of its own. Where several images fail, the error
 *   is the first one's, so that it does not depend on timing.
 */
export async function renderBatch({
  size: [height, width],
  images,
  exif,
  maxPixels,
}: RenderRequest): Promise<Uint8Array<ArrayBuffer>> {
  const rowBytes = width * 3
  const canvas = new Uint8Array(images.length * height * rowBytes)
  const results = await Promise.allSettled(
    images.map(async ({ file, originalSize, size, flip }, i) => {
      const decoded = await decodeImage(file, originalSize, { exif, maxPixels })
      const target = { canvas, offset: i * height * rowBytes, rowBytes, size, flip }
      resizeBilinear(decoded, originalSize, target)
    }),
  )
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return canvas
}
