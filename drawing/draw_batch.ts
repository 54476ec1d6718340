import { type DrawnDetection, drawDetections } from './draw_detections.js'
import { frameMask } from './frame_mask.js'
import { fillRect } from './paint.js'
import type { Color } from './palette.js'
import type { RgbImage } from './rgb_image.js'

/** Colour between an image and its padding. */
const BORDER: Color = [0, 255, 255]

/** The arrays of a training batch that show something; all but `images` may be left out. */
export interface DrawnBatch {
  /** `[n, h, w, 3]` RGB, padded at the bottom and right. */
  images: ArrayLikeTensor
  /** `[n, 2]`, height and width without padding. */
  imageSizes: ArrayLikeTensor
  /** `[n, g, 4]` `x1 y1 x2 y2`. */
  boxesXyxy: ArrayLikeTensor
  /** `[n, g]`, -1 where there is no object. */
  labels: ArrayLikeTensor
  /** `[n, g, side, side]`, see `frameMask`. */
  masks?: ArrayLikeTensor
  /** `[n, g, 4]`, what `masks` show. */
  maskFramesXyxy?: ArrayLikeTensor
}

interface ArrayLikeTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array | Uint8Array
}

/** Draws an image of a batch with its objects and its padding: what a model learns from. */
export async function drawBatchImage(
  batch: DrawnBatch,
  index: number,
  classes: readonly string[],
): Promise<RgbImage> {
  const { images, imageSizes } = batch
  const [, height, width] = images.shape
  const pixels = images.data.subarray(index * height * width * 3, (index + 1) * height * width * 3)
  const image = { data: Uint8Array.from(pixels), height, width }
  const drawn = await drawDetections(image, objectsOf(batch, index, classes))
  const [bottom, right] = [imageSizes.data[2 * index], imageSizes.data[2 * index + 1]]
  fillRect(drawn, { left: 0, top: bottom, right: right + 1, bottom: bottom + 1 }, BORDER)
  fillRect(drawn, { left: right, top: 0, right: right + 1, bottom }, BORDER)
  return drawn
}

function objectsOf(
  { images, boxesXyxy, labels, masks, maskFramesXyxy }: DrawnBatch,
  index: number,
  classes: readonly string[],
): DrawnDetection[] {
  const slots = labels.shape[1]
  const size = [images.shape[1], images.shape[2]] as const
  const objects: DrawnDetection[] = []
  for (let slot = index * slots; slot < (index + 1) * slots; slot++) {
    const label = labels.data[slot]
    if (label < 0) continue
    const [x1, y1, x2, y2] = boxesXyxy.data.subarray(4 * slot, 4 * slot + 4)
    const object = { boxXyxy: [x1, y1, x2, y2] as const, label: classes[label], classIndex: label }
    if (!masks || !maskFramesXyxy) {
      objects.push(object)
      continue
    }
    const cellCount = masks.shape[2] * masks.shape[3]
    const cells = masks.data.subarray(slot * cellCount, (slot + 1) * cellCount)
    const frame = maskFramesXyxy.data.subarray(4 * slot, 4 * slot + 4)
    objects.push({ ...object, mask: frameMask(cells, frame, size) })
  }
  return objects
}
