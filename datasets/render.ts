import type { BatchPlan } from './batch.js'
import { decodeImage, type ImageOptions } from './image.js'
import type { BatchMasks } from './mask_cells.js'
import { type MaskRequest, maskRequest } from './mask_request.js'
import { resizeBilinear, type Target } from './resize.js'

/**
 * What a worker needs to make the pixels of a batch, and its masks. Sizes are `[height, width]`.
 */
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
  /** Masks to draw, only where they are requested. */
  masks?: MaskRequest
}

/** What a worker makes of a request. */
export interface RenderedBatch {
  /** `[n, h, w, 3]`, RGB, zero where padded. */
  pixels: Uint8Array<ArrayBuffer>
  masks?: BatchMasks
}

/** Memory of batches that are done with. */
export interface SpareMemory {
  pixels?: ArrayBuffer
  /** Buffer for the cells of masks. */
  cells?: ArrayBuffer
}

export interface RenderOptions extends ImageOptions {
  /** Whether to render the masks of the objects. @default false */
  masks?: boolean
}

export function renderRequest(
  plan: BatchPlan,
  { exif, maxPixels, masks = false }: RenderOptions = {},
): RenderRequest {
  const { size, images } = plan
  return {
    size,
    exif,
    maxPixels,
    ...(masks && { masks: maskRequest(plan) }),
    images: images.map((image) => ({
      file: image.sample.file,
      originalSize: image.sample.size,
      size: image.size,
      flip: image.flip,
    })),
  }
}

/** Bytes of the pixels of a batch. */
export function pixelBytes({
  size: [height, width],
  images,
}: {
  size: readonly [number, number]
  images: readonly unknown[]
}): number {
  return images.length * height * width * 3
}

/**
 * Decodes, resizes and mirrors the images of a batch, then draws its masks.
 *
 * @param spare memory to write over, where it is large enough.
 * @returns arrays in buffers of their own or at the start of those in `spare`. Where several
 *   images fail, the error is the first one's, so that it does not depend on timing; of masks, only
 *   where no image fails.
 */
export async function renderImages(
  request: RenderRequest,
  spare: SpareMemory = {},
): Promise<RenderedBatch> {
  const { masks } = request
  const pixels = await renderPixels(request, spare.pixels)
  if (!masks) return { pixels }
  // A worker without masks starts 0.3 s sooner
  const { drawMasks } = await import('./batch_masks.js')
  return { pixels, masks: drawMasks(masks, spare.cells) }
}

async function renderPixels(
  request: RenderRequest,
  spare: ArrayBuffer | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { images, exif, maxPixels } = request
  const [height, width] = request.size
  const rowBytes = width * 3
  const bytes = pixelBytes(request)
  const isReused = spare !== undefined && spare.byteLength >= bytes
  const canvas = isReused ? new Uint8Array(spare, 0, bytes) : new Uint8Array(bytes)
  const results = await Promise.allSettled(
    images.map(async ({ file, originalSize, size, flip }, i) => {
      const decoded = await decodeImage(file, originalSize, { exif, maxPixels })
      const target = { canvas, offset: i * height * rowBytes, rowBytes, size, flip }
      resizeBilinear(decoded, originalSize, target)
      if (isReused) clearPadding(target, height)
    }),
  )
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return canvas
}

/** Zeroes what is right of an image and below it; `height` with padding. */
function clearPadding({ canvas, offset, rowBytes, size }: Target, height: number): void {
  const [rows, columns] = size
  for (let y = 0; y < rows; y++) {
    const start = offset + y * rowBytes
    canvas.fill(0, start + columns * 3, start + rowBytes)
  }
  canvas.fill(0, offset + rows * rowBytes, offset + height * rowBytes)
}
