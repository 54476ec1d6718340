import { mask as masks } from '../packages/pycocotools-js/source/index.js'
import type {
  BinaryMask,
  RLE,
  UncompressedRLE,
} from '../packages/pycocotools-js/source/mask/rle.js'
import { runsOf } from '../packages/pycocotools-js/source/mask/runs_of.js'
import { type Coverage, fillRect, paintCoverage, type Rect, strokeRect } from './paint.js'
import { paintMask } from './paint_mask.js'
import { BLACK, type Color, classColor, inkOn } from './palette.js'
import { placeTag } from './place_tag.js'
import { renderText } from './render_text.js'
import { copyImage, type RgbImage } from './rgb_image.js'

/** One object to draw. */
export interface DrawnDetection {
  /** `x1 y1 x2 y2`, image pixels; parts outside the image are not drawn. */
  boxXyxy: readonly [number, number, number, number]
  /** Shown behind the label, with two digits. */
  score?: number
  label: string
  /** Decides the colour. */
  classIndex: number
  /** Mask of the size of the image. */
  mask?: RLE | UncompressedRLE | BinaryMask
}

export interface DrawDetectionsOptions {
  /** Width of lines, pixels. @default by the size of the image */
  lineWidth?: number
  /** Height of a line of text, pixels. @default by the size of the image */
  fontSize?: number
  /** Opacity of the inside of masks, 0 to 1. @default 0.45 */
  maskOpacity?: number
}

/**
 * Draws masks, boxes and labels over a copy of a picture.
 *
 * Better scores come on top, and take the first choice of places for their labels; of equals,
 * smaller boxes do.
 */
export async function drawDetections(
  image: RgbImage,
  detections: readonly DrawnDetection[],
  options: DrawDetectionsOptions = {},
): Promise<RgbImage> {
  const canvas = copyImage(image)
  const { lineWidth, fontSize, maskOpacity } = { ...defaultsFor(image), ...options }
  const rising = [...detections].sort(
    (a, b) => (a.score ?? 1) - (b.score ?? 1) || areaOf(b.boxXyxy) - areaOf(a.boxXyxy),
  )
  for (const { mask, classIndex } of rising) {
    if (!mask) continue
    const style = { opacity: maskOpacity, lineWidth: Math.ceil(lineWidth / 2) }
    paintMask(canvas, bitmapOf(mask, image), classColor(classIndex), style)
  }
  for (const { boxXyxy, classIndex } of rising)
    drawBox(canvas, boxXyxy, classColor(classIndex), lineWidth)

  const taken: Rect[] = []
  const tags: { place: Rect; text: Coverage; color: Color }[] = []
  for (const { boxXyxy, label, score, classIndex } of rising.toReversed()) {
    const caption = score === undefined ? label : `${label} ${score.toFixed(2)}`
    const text = await renderText(caption, fontSize)
    const place = placeTag(wholePixels(boxXyxy), { tag: tagSize(text), image }, taken)
    taken.push(place)
    tags.push({ place, text, color: classColor(classIndex) })
  }
  for (const { place, text, color } of tags.toReversed()) drawTag(canvas, place, text, color)
  return canvas
}

/** Line widths and letters that look alike on pictures of any size. */
function defaultsFor({ width, height }: RgbImage): Required<DrawDetectionsOptions> {
  const side = (width + height) / 2
  return {
    lineWidth: Math.max(1, Math.round(side / 280)),
    fontSize: Math.max(10, Math.round(side / 42)),
    maskOpacity: 0.45,
  }
}

function areaOf([x1, y1, x2, y2]: DrawnDetection['boxXyxy']): number {
  return (x2 - x1) * (y2 - y1)
}

/** The mask pixel by pixel. */
function bitmapOf(
  mask: NonNullable<DrawnDetection['mask']>,
  { width, height }: RgbImage,
): BinaryMask {
  const [maskHeight, maskWidth] = mask.size
  if (maskHeight !== height || maskWidth !== width) {
    throw new RangeError(
      `drawDetections: a mask is ${maskWidth} x ${maskHeight} pixels, but the picture is ${width} x ${height}; give masks of the picture`,
    )
  }
  if ('data' in mask) return mask
  const { counts } = mask
  if (!Array.isArray(counts)) return masks.decode({ ...mask, counts })
  const runs = runsOf({ size: mask.size, runs: counts }, mask.size)
  return bitmapOfRuns(runs, mask.size)
}

/** @param runs column by column, background first. */
function bitmapOfRuns(runs: Uint32Array, [height, width]: [number, number]): BinaryMask {
  const data = new Uint8Array(height * width)
  let start = 0
  for (const [i, length] of runs.entries()) {
    for (let place = start; i % 2 === 1 && place < start + length; place++)
      data[(place % height) * width + Math.floor(place / height)] = 1
    start += length
  }
  return { size: [height, width], data }
}

/** A box has a dark rim, so that it is seen on a ground of its own colour. */
function drawBox(
  canvas: RgbImage,
  boxXyxy: DrawnDetection['boxXyxy'],
  color: Color,
  lineWidth: number,
): void {
  const rect = wholePixels(boxXyxy)
  const rim = Math.max(1, Math.round(lineWidth / 3))
  const { left, top, right, bottom } = rect
  const outer = { left: left - rim, top: top - rim, right: right + rim, bottom: bottom + rim }
  strokeRect(canvas, outer, BLACK, { lineWidth: lineWidth + 2 * rim, opacity: 0.35 })
  strokeRect(canvas, rect, color, { lineWidth })
}

function wholePixels([x1, y1, x2, y2]: DrawnDetection['boxXyxy']): Rect {
  const [left, top, right, bottom] = [x1, y1, x2, y2].map(Math.round)
  return { left, top, right: Math.max(right, left + 1), bottom: Math.max(bottom, top + 1) }
}

/** Space around the text of a tag, by its height. */
function marginOf({ height }: Coverage): number {
  return Math.max(2, Math.round(height / 5))
}

function tagSize(text: Coverage): { width: number; height: number } {
  return { width: text.width + 2 * marginOf(text), height: text.height }
}

function drawTag(canvas: RgbImage, place: Rect, text: Coverage, color: Color): void {
  fillRect(canvas, place, color)
  const left = place.left + marginOf(text)
  paintCoverage(canvas, text, { left, top: place.top }, inkOn(color))
}
