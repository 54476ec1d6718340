import { DataError } from '../errors.js'
import { MaskFault } from '../packages/pycocotools-js/source/mask/mask_fault.js'
import { runsOf } from '../packages/pycocotools-js/source/mask/runs_of.js'
import type { Segmentation } from '../packages/pycocotools-js/source/mask/segmentation.js'
import { instanceMask } from './instance_mask.js'
import { type BatchMasks, MASK_SIDE } from './mask_cells.js'
import type { MaskRequest } from './mask_request.js'

type RequestedImage = MaskRequest['images'][number]
type RequestedObject = RequestedImage['objects'][number]

/** Bytes of the cells of a batch. */
export function cellBytes({ images, slots }: MaskRequest): number {
  return images.length * slots * MASK_SIDE ** 2
}

/**
 * Draws the masks of a batch's objects.
 *
 * What `loadCoco` refuses where it is asked for masks is refused here of other samples.
 *
 * @param spare memory to write the cells over, if it is large enough.
 */
export function drawMasks(request: MaskRequest, spare?: ArrayBuffer): BatchMasks {
  const { images, slots } = request
  const bytes = cellBytes(request)
  const isReused = spare !== undefined && spare.byteLength >= bytes
  const cells = isReused ? new Uint8Array(spare, 0, bytes) : new Uint8Array(bytes)
  const framesXyxy = new Float32Array(images.length * slots * 4)
  for (let slot = 0; slot < images.length * slots; slot++)
    framesXyxy.set([0, 0, MASK_SIDE, MASK_SIDE], 4 * slot)
  for (const [i, image] of images.entries()) {
    for (const [row, object] of image.objects.entries()) {
      const slot = i * slots + row
      const mask = instanceMask(runsOfObject(image, object), image.placement, MASK_SIDE)
      cells.set(mask.cells, slot * MASK_SIDE ** 2)
      framesXyxy.set(mask.frameXyxy, 4 * slot)
    }
    const free = (i * slots + image.objects.length) * MASK_SIDE ** 2
    if (isReused) cells.fill(0, free, (i + 1) * slots * MASK_SIDE ** 2)
  }
  return { cells, framesXyxy }
}

function runsOfObject(image: RequestedImage, object: RequestedObject): Uint32Array {
  try {
    return runsOf(segmentationOf(image, object), image.placement.imageSize)
  } catch (error) {
    if (!(error instanceof MaskFault)) throw error
    throw new DataError(image.file, `${nameOf(object)} has a mask that ${error.what}`, error.fix)
  }
}

function segmentationOf(image: RequestedImage, object: RequestedObject): Segmentation {
  const { file, placement } = image
  const { segmentation } = object
  if (!segmentation) {
    throw new DataError(
      file,
      `${nameOf(object)} has no segmentation, and the model learns masks`,
      'give it polygons or a run-length encoding, or train a model of boxes',
    )
  }
  const size = placement.imageSize
  const [height, width] = 'size' in segmentation ? segmentation.size : size
  if (height === size[0] && width === size[1]) return segmentation
  throw new DataError(
    file,
    `${nameOf(object)} has a mask of ${width} x ${height} pixels, but its image is ${size[1]} x ${size[0]}`,
    'make the mask for this image',
  )
}

function nameOf({ annotationId }: RequestedObject): string {
  return `annotation ${annotationId}`
}
