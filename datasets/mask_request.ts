import type { Segmentation } from '../packages/pycocotools-js/source/mask/segmentation.js'
import type { BatchPlan } from './batch.js'
import type { Placement } from './instance_mask.js'
import type { CocoId } from './sample.js'

/** What drawing the masks of a batch takes. It can be sent to another thread. */
export interface MaskRequest {
  /** Places for objects in each image. */
  slots: number
  images: {
    /** Path for messages, as `annotationId` is. */
    file: string
    placement: Placement
    objects: {
      annotationId: CocoId
      /** Mask as the annotation has it, checked by nobody yet; undefined where it has none. */
      segmentation: Segmentation | undefined
    }[]
  }[]
}

/** Gathers the segmentations of a batch's objects. */
export function maskRequest({ images, slots }: BatchPlan): MaskRequest {
  return {
    slots,
    images: images.map(({ sample, size, flip, objects }) => ({
      file: sample.file,
      placement: { imageSize: sample.size, size, flip },
      objects: objects.map((object) => ({
        annotationId: sample.annotationId(object),
        segmentation: ownedSegmentation(sample.segmentation(object)),
      })),
    })),
  }
}

/**
 * A copy of what views the columns of the annotation file: a message takes all the memory behind a
 * view along, 256 kB for each polygon.
 */
function ownedSegmentation(segmentation: Segmentation | undefined): Segmentation | undefined {
  if (segmentation === undefined) return undefined
  if ('polygons' in segmentation) return { polygons: segmentation.polygons.map(ownedNumbers) }
  if ('runs' in segmentation) return { ...segmentation, runs: ownedNumbers(segmentation.runs) }
  return { ...segmentation, counts: segmentation.counts.slice() }
}

function ownedNumbers(numbers: ArrayLike<number>): ArrayLike<number> {
  return ArrayBuffer.isView(numbers) ? (numbers as Float64Array | Uint32Array).slice() : numbers
}
