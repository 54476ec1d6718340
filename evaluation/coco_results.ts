import type { HostBatch } from '../datasets/batch.js'
import type { Detections } from '../detectors/detector.js'
import type { HostTree } from '../engine/tensors.js'
import type { HostTensor } from '../host_tensor.js'
import { compressRuns } from '../packages/pycocotools-js/source/mask/counts_string.js'
import type { CocoResult } from '../packages/pycocotools-js/source/types.js'
import { pasteMask } from './paste_mask.js'

/** One entry of a COCO results file of boxes. */
export interface BoxResult extends CocoResult {
  category_id: number
  /** `x y width height`, pixels of the image on disk. */
  bbox: [number, number, number, number]
  score: number
}

/** One entry of a COCO results file of masks. It has no box, so that its area is the mask's. */
export interface MaskResult extends CocoResult {
  category_id: number
  /** Run lengths of the whole image on disk, as COCO's compressed string. */
  segmentation: { size: [height: number, width: number]; counts: string }
  score: number
}

/** Detections as COCO results; `segm` of detectors that segment, entry by entry beside `bbox`. */
export interface CocoResults {
  bbox: BoxResult[]
  segm?: MaskResult[]
}

/** Detections of a batch as the host has them. */
export type HostDetections = HostTree<Detections>

/** The detections of a batch without their padding, boxes in pixels of the images on disk. */
export function cocoResults(
  detections: HostDetections,
  batch: Pick<HostBatch, 'imageIds' | 'originalSizes'>,
  categoryIds: readonly number[],
): CocoResults {
  const { boxesXyxy, scores, labels, masks } = detections
  const slots = labels.shape[1]
  const bbox: BoxResult[] = []
  const segm: MaskResult[] = []
  for (let i = 0; i < labels.data.length; i++) {
    if (labels.data[i] < 0) continue
    const image = Math.floor(i / slots)
    const boxXyxy = boxesXyxy.data.subarray(4 * i, 4 * i + 4)
    const [x1, y1, x2, y2] = boxXyxy
    const entry = {
      image_id: batch.imageIds[image],
      category_id: categoryIds[labels.data[i]],
      score: scores.data[i],
    }
    bbox.push({ ...entry, bbox: [x1, y1, x2 - x1, y2 - y1] })
    if (!masks) continue
    const size = batch.originalSizes[image]
    const runs = pasteMask(gridOf(masks, i), boxXyxy, size)
    segm.push({ ...entry, segmentation: { size: [...size], counts: compressRuns(runs) } })
  }
  return masks ? { bbox, segm } : { bbox }
}

/** The grid of detection `i`. */
function gridOf({ data, shape }: HostTensor, i: number): Float32Array {
  const cells = shape[2] * shape[3]
  return (data as Float32Array).subarray(i * cells, (i + 1) * cells)
}
