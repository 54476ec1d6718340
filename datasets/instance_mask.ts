import { runsBox } from '../packages/pycocotools-js/source/mask/runs_box.js'

/** A mask cut to its object: `side` x `side` cells that divide the frame evenly. */
export interface InstanceMask {
  /** `x1 y1 x2 y2`, whole input pixels; may reach past the input. */
  frameXyxy: [number, number, number, number]
  /**
   * `[side, side]`, row-major, 0 to 255: the share of its pixels that each cell has of the object.
   */
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
 * A pixel of the input takes the pixel of the image that it falls on (nearest neighbour, rounded
 * down, as OpenCV). A frame is `side` pixels long, a pixel a cell, or the least multiple of it that
 * holds the object. No pixel is ever unpacked: what a run covers of each cell is computed, and a
 * picture of coco128 takes 0.6 ms where it took 3.2.
 *
 * Source: mmdetection 2.x resizes whole bitmaps so, then mirrors them.
 *
 * @param runs run lengths, column by column, background first, of the whole image.
 */
export function instanceMask(runs: Uint32Array, placement: Placement, side: number): InstanceMask {
  const { imageSize, size, flip } = placement
  const [imageHeight, imageWidth] = imageSize
  const [left, top, width, height] = runsBox(runs, imageHeight)
  const rows = pixelsOn(top, height, imageHeight, size[0])
  const columns = pixelsOn(left, width, imageWidth, size[1])
  const [stepY, stepX] = [rows, columns].map(({ count }) => Math.max(1, Math.ceil(count / side)))

  const covered = new Uint32Array(side * side)
  const cover = (x: number, y1: number, y2: number) => {
    const [begin, end] = [columns.begins[x - left], columns.begins[x - left + 1]]
    const firstColumn = flip ? columns.count - end : begin
    addRectangle(covered, side, {
      x1: firstColumn,
      x2: firstColumn + end - begin,
      y1: rows.begins[y1 - top],
      y2: rows.begins[y2 - top],
      stepX,
      stepY,
    })
  }
  for (let i = 1, end = 0; i < runs.length; i += 2) {
    let place = end + runs[i - 1]
    end = place + runs[i]
    while (place < end) {
      const x = Math.floor(place / imageHeight)
      const y = place - x * imageHeight
      const length = Math.min(imageHeight - y, end - place)
      cover(x, y, y + length)
      place += length
    }
  }

  const full = stepY * stepX
  const cells = new Uint8Array(side * side)
  for (let row = 0; row * stepY < rows.count; row++) {
    const begin = row * side
    const end = begin + Math.ceil(columns.count / stepX)
    for (let i = begin; i < end; i++) cells[i] = Math.round((255 * covered[i]) / full)
  }
  const x1 = flip ? size[1] - columns.first - columns.count : columns.first
  return { frameXyxy: [x1, rows.first, x1 + side * stepX, rows.first + side * stepY], cells }
}

/**
 * Input pixels counted from the frame's corner, `x2` and `y2` not included, and the pixels of a
 * cell.
 */
interface Rectangle {
  x1: number
  y1: number
  x2: number
  y2: number
  stepX: number
  stepY: number
}

/** Adds to each cell how many of its pixels are in the rectangle. */
function addRectangle(
  covered: Uint32Array,
  side: number,
  { x1, y1, x2, y2, stepX, stepY }: Rectangle,
): void {
  for (let column = Math.floor(x1 / stepX); column * stepX < x2; column++) {
    const across = Math.min(x2, (column + 1) * stepX) - Math.max(x1, column * stepX)
    for (let row = Math.floor(y1 / stepY); row * stepY < y2; row++) {
      const down = Math.min(y2, (row + 1) * stepY) - Math.max(y1, row * stepY)
      covered[row * side + column] += across * down
    }
  }
}

interface AxisPixels {
  /** Input pixel. */
  first: number
  count: number
  /**
   * `[length + 1]`: of each image pixel from the first on, where its input pixels begin, counted
   * from `first`.
   */
  begins: Uint32Array
}

/** The input pixels along one axis that fall on `first ... first + length` of the image. */
function pixelsOn(first: number, length: number, imageSide: number, side: number): AxisPixels {
  const sourceOf = (pixel: number) =>
    Math.min(Math.floor((pixel * imageSide) / side), imageSide - 1)
  let start = Math.max(0, Math.floor((first * side) / imageSide) - 1)
  while (start < side && sourceOf(start) < first) start++
  const begins = new Uint32Array(length + 1)
  let pixel = start
  for (let i = 0; i <= length; i++) {
    while (pixel < side && sourceOf(pixel) < first + i) pixel++
    begins[i] = pixel - start
  }
  return { first: start, count: begins[length], begins }
}
