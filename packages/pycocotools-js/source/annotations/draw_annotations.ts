import { CocoError } from '../errors.js'
import { decode } from '../mask/decode.js'
import type { BinaryMask } from '../mask/rle.js'
import type { CocoAnnotation, CocoCategory, CocoImage, Id } from '../types.js'
import { annotationRle } from './annotation_mask.js'
import { checkBox, nameOf } from './check_annotation.js'
import { segmentationOf } from './object_rows.js'

/** Red, green and blue, each in 0 ... 1. */
export type Color = readonly [red: number, green: number, blue: number]

/** What to draw for one annotation. Places are in image pixels. */
export interface AnnotationDrawing {
  id: Id
  imageId: Id
  categoryId: Id | undefined
  /** The same for an id each time. */
  color: Color
  /**
   * Each `x1 y1 x2 y2 ...`; pycocotools fills them with opacity 0.4 and draws their outline 2
   * pixels wide.
   */
  polygons: number[][]
  /** Mask of an annotation in run lengths; pycocotools fills it with opacity 0.5. */
  mask: { pixels: BinaryMask; color: Color } | null
  /** Those that are labelled: hidden ones (visibility 1) get a black rim. */
  keypoints: { x: number; y: number; isVisible: boolean }[]
  /** Lines between keypoints that are labelled, each `x1 y1 x2 y2`. */
  skeleton: [number, number, number, number][]
  /** `x y width height`, if asked for. */
  boxXywh: number[] | null
  caption: string | null
}

export interface DrawOptions {
  /** Whether to give the boxes too. @default false */
  drawBbox?: boolean
}

export interface DrawingContext {
  imgs: ReadonlyMap<Id, CocoImage>
  cats: ReadonlyMap<Id, CocoCategory>
  /** The file, for errors. */
  where: string
}

const CROWD_COLOR: Color = [2 / 255, 166 / 255, 101 / 255]

/**
 * What to draw for annotations. The first decides what they all are: objects, or captions.
 *
 * Source: `COCO.showAnns` of pycocotools 2.0.11, whose colours are random.
 */
export function drawAnnotations(
  annotations: readonly CocoAnnotation[],
  context: DrawingContext,
  { drawBbox = false }: DrawOptions = {},
): AnnotationDrawing[] {
  const [first] = annotations
  if (first === undefined) return []
  const isObject = 'segmentation' in first || 'keypoints' in first
  if (!isObject && !('caption' in first))
    throw new CocoError(
      context.where,
      `${nameOf(first)} has no segmentation, keypoints or caption`,
      'there is nothing to draw',
    )
  return annotations.map((annotation) => {
    const drawing = emptyDrawing(annotation)
    if (isObject) drawObject(drawing, annotation, context, drawBbox)
    else drawing.caption = captionOf(annotation, context.where)
    return drawing
  })
}

function emptyDrawing({ id, image_id, category_id }: CocoAnnotation): AnnotationDrawing {
  return {
    id,
    imageId: image_id,
    categoryId: category_id,
    color: colorOf(id),
    polygons: [],
    mask: null,
    keypoints: [],
    skeleton: [],
    boxXywh: null,
    caption: null,
  }
}

function captionOf(annotation: CocoAnnotation, where: string): string {
  if (typeof annotation.caption === 'string') return annotation.caption
  throw new CocoError(
    where,
    `${nameOf(annotation)} has no caption, but the first has`,
    'draw annotations of one kind at a time',
  )
}

function drawObject(
  drawing: AnnotationDrawing,
  annotation: CocoAnnotation,
  context: DrawingContext,
  drawBbox: boolean,
): void {
  if ('segmentation' in annotation) drawSegmentation(drawing, annotation, context)
  if (Array.isArray(annotation.keypoints)) drawKeypoints(drawing, annotation, context)
  if (!drawBbox) return
  checkBox(context.where, nameOf(annotation), annotation.bbox)
  drawing.boxXywh = [...annotation.bbox!]
}

function drawSegmentation(
  drawing: AnnotationDrawing,
  annotation: CocoAnnotation,
  { imgs, where }: DrawingContext,
): void {
  const segmentation = segmentationOf(annotation.segmentation)
  if (segmentation && 'polygons' in segmentation) {
    for (const [i, polygon] of segmentation.polygons.entries()) {
      if (!Array.isArray(polygon) || polygon.length % 2 > 0 || !polygon.every(Number.isFinite))
        throw new CocoError(
          where,
          `${nameOf(annotation)} has a polygon [${i}] that cannot be drawn`,
          'a polygon is a list of pairs of numbers x1 y1 x2 y2 ...',
        )
      drawing.polygons.push([...polygon])
    }
    return
  }
  const pixels = decode(annotationRle(annotation, imgs, where))
  drawing.mask = { pixels, color: Number(annotation.iscrowd) === 1 ? CROWD_COLOR : drawing.color }
}

function drawKeypoints(
  drawing: AnnotationDrawing,
  annotation: CocoAnnotation,
  { cats, where }: DrawingContext,
): void {
  const keypoints = annotation.keypoints!
  const skeleton = cats.get(annotation.category_id!)?.skeleton
  if (!Array.isArray(skeleton) || !skeleton.every(Array.isArray))
    throw new CocoError(
      where,
      `${nameOf(annotation)} has keypoints, but its category has no skeleton`,
      'give the category the pairs of keypoints that lines join, counted from 1',
    )
  const isLabelled = (point: number) => keypoints[3 * point + 2] > 0
  for (const [from, to] of skeleton) {
    const [a, b] = [from - 1, to - 1]
    if (isLabelled(a) && isLabelled(b))
      drawing.skeleton.push([
        keypoints[3 * a],
        keypoints[3 * a + 1],
        keypoints[3 * b],
        keypoints[3 * b + 1],
      ])
  }
  for (let point = 0; 3 * point + 2 < keypoints.length; point++)
    if (isLabelled(point)) {
      const [x, y, visibility] = keypoints.slice(3 * point)
      drawing.keypoints.push({ x, y, isVisible: visibility > 1 })
    }
}

/** A bright colour for an id: each part in 0.4 ... 1, as pycocotools' are. */
function colorOf(id: Id): Color {
  let hash = 0x811c9dc5 // FNV-1a
  for (const character of String(id))
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0
  // So that ids that follow each other differ everywhere
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash ^= hash >>> 12
  const part = (shift: number) => 0.4 + (0.6 * ((hash >>> shift) & 255)) / 255
  return [part(0), part(8), part(16)]
}
