import { runsBox } from '../packages/pycocotools-js/source/index.js'

/** A mask cut to its object: `side` x `side` cells that divide the frame evenly. */
export interface InstanceMask {
  /** `x1 y1 x2 y2`, whole input pixels; may reach past the input. */
  frameXyxy: [number, number, number, number]
  /** `[side, side]`, row-major, 0 to 255: the share of its pixels that each cell has of the object. */
  cells: Uint8Array
}

export interface Placement {
  /** `[height, width]` of the image on disk, which the runs fill. */
  imageSize: readonly [number, number]
  /** `[height, width]` after resizing, input pixels. */
  size: readonly [number, number]
  /** Mirrored left and right after resizing. */
  flip: boolean
}

/**
 * An object's mask as it lies in the input, cut to the object.
 *
 * A pixel of the input takes the pixel of the image that it falls on (nearest neighbour, rounded down, as OpenCV).
 * A frame is `side` pixels long, a pixel a cell, or the least multiple of it that holds the object. No more than
 * the object's own box is ever unpacked.
 *
 * Source: mmdetection 2.x resizes whole bitmaps so, then mirrors them.
 *
 * @param runs run lengths, column by column, background first, of the whole image.
 */
export function instanceMask(runs: Uint32Array, placement: Placement, side: number): InstanceMask {
  const { imageSize, size, flip } = placement
  const [imageHeight, imageWidth] = imageSize
  const [height, width] = size
  const object = unpackObject(runs, imageHeight)
  const rows = pixelsOn(object.top, object.height, imageHeight, height)
  const columns = pixelsOn(object.left, object.width, imageWidth, width)
  if (flip) {
    columns.sources.reverse()
    columns.first = width - columns.first - columns.sources.length
  }

  const [stepY, stepX] = [rows, columns].map(({ sources }) =>
    Math.max(1, Math.ceil(sources.length / side)),
  )
  const covered = new Uint32Array(side * side)
  for (let y = 0; y < rows.sources.length; y++) {
    const cellRow = Math.floor(y / stepY) * side
    const objectRow = rows.sources[y] * object.width
    for (let x = 0; x < columns.sources.length; x++)
      covered[cellRow + Math.floor(x / stepX)] += object.pixels[objectRow + columns.sources[x]]
  }
  const full = stepY * stepX
  const cells = new Uint8Array(side * side) // filled by a loop: `Uint8Array.from` takes 20 times as long
  for (let i = 0; i < cells.length; i++) cells[i] = Math.round((255 * covered[i]) / full)
  return {
    frameXyxy: [columns.first, rows.first, columns.first + side * stepX, rows.first + side * stepY],
    cells,
  }
}

/** The part of an image that its object fills. */
interface ObjectPixels {
  left: number
  top: number
  width: number
  height: number
  /** `[height, width]`, row-major, 1 where the object is. */
  pixels: Uint8Array
}

function unpackObject(runs: Uint32Array, imageHeight: number): ObjectPixels {
  const [left, top, width, height] = runsBox(runs, imageHeight)
  const pixels = new Uint8Array(width * height)
  let start = 0
  for (let i = 0; i < runs.length; i++) {
    const end = start + runs[i]
    if (i % 2 === 1) {
      for (let place = start; place < end; place++) {
        const x = Math.floor(place / imageHeight)
        const y = place - x * imageHeight
        pixels[(y - top) * width + (x - left)] = 1
      }
    }
    start = end
  }
  return { left, top, width, height, pixels }
}

/**
 * The input pixels along one axis that fall on `first ... first + length` of the image.
 *
 * @returns `first` input pixel, and of it and each following one the image pixel, counted from `first`.
 */
function pixelsOn(
  first: number,
  length: number,
  imageSide: number,
  side: number,
): { first: number; sources: number[] } {
  const sourceOf = (pixel: number) =>
    Math.min(Math.floor((pixel * imageSide) / side), imageSide - 1)
  let start = Math.max(0, Math.floor((first * side) / imageSide) - 1)
  while (start < side && sourceOf(start) < first) start++
  const sources: number[] = []
  for (let pixel = start; pixel < side && sourceOf(pixel) < first + length; pixel++)
    sources.push(sourceOf(pixel) - first)
  return { first: start, sources }
}
