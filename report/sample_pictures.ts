import sharp from 'sharp'
import type { CocoDataset } from '../datasets/coco.js'
import { decodeImage, type ImageOptions } from '../datasets/image.js'
import type { Sample } from '../datasets/sample.js'
import { type DrawnDetection, drawDetections } from '../drawing/draw_detections.js'
import type { RgbImage } from '../drawing/rgb_image.js'
import type { COCO } from '../packages/pycocotools-js/source/coco.js'
import type { CocoAnnotation } from '../packages/pycocotools-js/source/types.js'
import type { ByKind, Pictures, SamplePicture } from './document.js'
import type { ValDetections } from './val_detections.js'

/** Detections of a lower score are not drawn. */
export const MIN_SCORE = 0.3

/** Longer side of a picture, pixels. */
const LONG_SIDE = 480
const JPEG_QUALITY = 82
/** Sizes of lines and letters, for pictures that are shown at half their size. */
const DRAWING = { lineWidth: 3, fontSize: 19 }

export interface SampleOptions extends ImageOptions {
  dataset: CocoDataset
  detections: ByKind<ValDetections>
  /** How many images, at most. */
  count: number
  /** What the ids of the pictures start with. */
  id: string
}

/** Draws the objects of some images of a data set, and beside them what was detected. */
export async function samplePictures({
  dataset,
  detections,
  count,
  id,
  exif,
  maxPixels,
}: SampleOptions): Promise<{ samples: SamplePicture[]; pictures: Pictures }> {
  const samples: SamplePicture[] = []
  const pictures: Pictures = {}
  for (const sample of spread(dataset.samples, count)) {
    const sampleId = `${id}-sample-${samples.length + 1}`
    const objects = groundTruthOf(sample, dataset, detections)
    const found = detectionsIn(sample, dataset, detections)
    const { picture, scale } = await enlargeOrReduce(sample, { exif, maxPixels })
    const [groundTruth, detected] = await Promise.all(
      [objects, found].map((drawn) => drawnJpeg(picture, scale, drawn)),
    )
    const { width, height } = picture
    const counts = { groundTruths: objects.length, detections: found.length }
    samples.push({ id: sampleId, file: sample.file, ...counts, width, height })
    pictures[sampleId] = { groundTruth, detected }
  }
  return { samples, pictures }
}

/** Images with objects, evenly spread over the data set; others only where there are too few. */
function spread(samples: readonly Sample[], count: number): Sample[] {
  const annotated = samples.filter(({ labels }) => labels.length > 0)
  const from = annotated.length > 0 ? annotated : samples
  const taken = Math.min(count, from.length)
  return Array.from({ length: taken }, (_, i) => from[Math.floor((i * from.length) / taken)])
}

function groundTruthOf(
  { imageId }: Sample,
  { categoryIds, classes }: CocoDataset,
  { bbox, segm }: ByKind<ValDetections>,
): DrawnDetection[] {
  const coco = (segm ?? bbox)?.groundTruth
  return annotationsOf(coco, imageId)
    .filter(({ iscrowd }) => !iscrowd)
    .map((annotation) => {
      const classIndex = categoryIds.indexOf(annotation.category_id as number)
      const mask = segm && annotation.segmentation ? coco?.annToMask(annotation) : undefined
      return { boxXyxy: xyxyOf(annotation), label: classes[classIndex] ?? '', classIndex, mask }
    })
}

/**
 * Detections, each with its mask where the detector segments: results of masks stand entry by entry
 * beside those of boxes. Where the two are of different runs, masks are left out.
 */
function detectionsIn(
  { imageId }: Sample,
  { categoryIds, classes }: CocoDataset,
  { bbox, segm }: ByKind<ValDetections>,
): DrawnDetection[] {
  const masks = annotationsOf(segm?.detections, imageId)
  return annotationsOf(bbox?.detections, imageId)
    .map((annotation, i) => ({ annotation, segmented: maskOf(annotation, masks[i]) }))
    .filter(({ annotation }) => (annotation.score ?? 0) >= MIN_SCORE)
    .map(({ annotation, segmented }) => {
      const classIndex = categoryIds.indexOf(annotation.category_id as number)
      const mask = segmented && segm?.detections.annToMask(segmented)
      const { score } = annotation
      return {
        boxXyxy: xyxyOf(annotation),
        score,
        label: classes[classIndex] ?? '',
        classIndex,
        mask,
      }
    })
}

/** The entry beside that of a box, if it is of the same object. */
function maskOf(box: CocoAnnotation, beside: CocoAnnotation | undefined) {
  const isSame = beside?.category_id === box.category_id && beside?.score === box.score
  return isSame ? beside : undefined
}

function annotationsOf(coco: COCO | undefined, imageId: Sample['imageId']): CocoAnnotation[] {
  return coco ? coco.loadAnns(coco.getAnnIds({ imgIds: [imageId] })) : []
}

function xyxyOf({ bbox = [] }: CocoAnnotation): [number, number, number, number] {
  const [x, y, width, height] = bbox
  return [x, y, x + width, y + height]
}

/**
 * The image at the size of the report's pictures. `scale` is that size over the image's, `[x, y]`.
 */
async function enlargeOrReduce(
  { file, size: [height, width] }: Sample,
  options: ImageOptions,
): Promise<{ picture: RgbImage; scale: [number, number] }> {
  const data = await decodeImage(file, [height, width], options)
  const factor = LONG_SIDE / Math.max(width, height)
  const [toWidth, toHeight] = [width, height].map((side) => Math.max(1, Math.round(side * factor)))
  const resized = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(toWidth, toHeight, { fit: 'fill' })
    .raw()
    .toBuffer()
  const picture = { data: new Uint8Array(resized), width: toWidth, height: toHeight }
  return { picture, scale: [toWidth / width, toHeight / height] }
}

async function drawnJpeg(
  picture: RgbImage,
  scale: readonly [number, number],
  detections: readonly DrawnDetection[],
): Promise<string> {
  const scaled = detections.map((detection) => scaleDetection(detection, scale, picture))
  const { data, width, height } = await drawDetections(picture, scaled, DRAWING)
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer()
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`
}

function scaleDetection(
  { boxXyxy: [x1, y1, x2, y2], mask, ...rest }: DrawnDetection,
  [scaleX, scaleY]: readonly [number, number],
  { width, height }: RgbImage,
): DrawnDetection {
  const boxXyxy = [x1 * scaleX, y1 * scaleY, x2 * scaleX, y2 * scaleY] as const
  if (!mask || !('data' in mask)) return { ...rest, boxXyxy }
  const [fromHeight, fromWidth] = mask.size
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * fromHeight) / height) * fromWidth
    for (let x = 0; x < width; x++) {
      data[y * width + x] = mask.data[row + Math.floor(((x + 0.5) * fromWidth) / width)]
    }
  }
  return { ...rest, boxXyxy, mask: { size: [height, width], data } }
}
