import type { CocoAnnotation, CocoImage } from './coco_json.js'

/** Training leaves out images with a side shorter than this (mmdetection 2.x). */
export const MIN_SIDE = 32

/** What a data set has in its file and does not use: counts by reason, in the order they are looked at. */
export interface LeftOut {
  /** Of images and of annotations in the file, or in its first `limit` images. */
  total: { images: number; objects: number }
  images: Record<string, number>
  objects: Record<string, number>
}

/**
 * Why training does not use an annotation; undefined where it does.
 *
 * Source: mmdetection 2.x, which also keeps crowds apart: they are background to the detectors here.
 */
export function objectFault(
  { ignore, iscrowd, bbox: [x, y, width, height], area }: CocoAnnotation,
  image: CocoImage,
): string | undefined {
  const insideWidth = Math.min(x + width, image.width) - Math.max(x, 0)
  const insideHeight = Math.min(y + height, image.height) - Math.max(y, 0)
  if (ignore) return "flagged 'ignore'"
  if (insideWidth <= 0 || insideHeight <= 0) return 'outside their image'
  if (area <= 0) return 'of area 0'
  if (width < 1 || height < 1) return 'thinner than a pixel'
  return iscrowd ? CROWD : undefined
}

export const CROWD = 'crowds'
export const OTHER_CATEGORY = 'of other categories'
export const INVALID = 'that cannot be used (skipInvalid)'

/** Adds one to a count, or several. */
export function countUp(counts: Record<string, number>, reason: string, by = 1): void {
  if (by > 0) counts[reason] = (counts[reason] ?? 0) + by
}

/** A line for images and one for objects; none where all are used. */
export function leftOutLines(leftOut: LeftOut | undefined): string[] {
  if (leftOut === undefined) return []
  const { total, images, objects } = leftOut
  return [...lineOf('images', total.images, images), ...lineOf('objects', total.objects, objects)]
}

function lineOf(what: string, total: number, counts: Readonly<Record<string, number>>): string[] {
  const reasons = Object.entries(counts).map(([reason, count]) => `${count} ${reason}`)
  return reasons.length === 0 ? [] : [`left out of ${total} ${what}: ${reasons.join(', ')}`]
}
