import { floats, type HostTensor } from '../engine/tensors.js'
import { DataError } from '../errors.js'
import { MaskFault, runsOf, type Segmentation } from '../packages/pycocotools-js/source/index.js'
import type { PlacedImage } from './batch.js'
import type { Sample } from './coco.js'
import { instanceMask } from './instance_mask.js'

/** Cells a side of a batch's masks: objects up to as many pixels long are kept pixel by pixel. */
export const MASK_SIDE = 112

/**
 * The masks of a batch's objects, `[n, slots, MASK_SIDE, MASK_SIDE]` uint8, and their frames, `[n, slots, 4]`;
 * empty past an image's objects.
 */
export function batchMasks(
  images: readonly PlacedImage[],
  slots: number,
): { masks: HostTensor; maskFramesXyxy: HostTensor } {
  const shape = [images.length, slots, MASK_SIDE, MASK_SIDE]
  const cells = new Uint8Array(images.length * slots * MASK_SIDE ** 2)
  const frames = new Float32Array(images.length * slots * 4)
  for (let slot = 0; slot < images.length * slots; slot++)
    frames.set([0, 0, MASK_SIDE, MASK_SIDE], 4 * slot)
  for (const [i, { sample, size, flip, objects }] of images.entries()) {
    for (const [row, object] of objects.entries()) {
      const slot = i * slots + row
      const placement = { imageSize: sample.size, size, flip }
      const mask = instanceMask(runsOfObject(sample, object), placement, MASK_SIDE)
      cells.set(mask.cells, slot * MASK_SIDE ** 2)
      frames.set(mask.frameXyxy, 4 * slot)
    }
  }
  return {
    masks: { dtype: 'uint8', shape, data: cells },
    maskFramesXyxy: floats(frames, [images.length, slots, 4]),
  }
}

/** What `loadCoco` refuses where it is asked for masks is refused here of other samples. */
function runsOfObject(sample: Sample, object: number): Uint32Array {
  try {
    return runsOf(segmentationOf(sample, object), sample.size)
  } catch (error) {
    if (!(error instanceof MaskFault)) throw error
    const what = `${nameOf(sample, object)} has a mask that ${error.what}`
    throw new DataError(sample.file, what, error.fix)
  }
}

function segmentationOf(sample: Sample, object: number): Segmentation {
  const { file, size } = sample
  const segmentation = sample.segmentation(object)
  if (!segmentation) {
    throw new DataError(
      file,
      `${nameOf(sample, object)} has no segmentation, and the model learns masks`,
      'give it polygons or a run-length encoding, or train a model of boxes',
    )
  }
  const [height, width] = 'size' in segmentation ? segmentation.size : size
  if (height === size[0] && width === size[1]) return segmentation
  throw new DataError(
    file,
    `${nameOf(sample, object)} has a mask of ${width} x ${height} pixels, but its image is ${size[1]} x ${size[0]}`,
    'make the mask for this image',
  )
}

function nameOf({ annotationId }: Sample, object: number): string {
  return `annotation ${annotationId(object)}`
}
