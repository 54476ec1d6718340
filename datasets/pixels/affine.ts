import type { Interpolation } from './resample.js'
import { blankPicture, type RgbPicture } from './rgb.js'

/**
 * `[a, b, c, d, e, f]`: the pixel at x, y of the result is that at `a x + b y + c`,
 * `d x + e y + f` of the picture. Coordinates are those of pixel centres: 0.5 for the first one.
 */
export type AffineMatrix = readonly [
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
]

/** How a picture is moved, turned or sheared. */
export interface WarpOptions {
  interpolation: 'nearest' | Interpolation
  /** Colour of what lies outside the picture. @default black */
  fill?: readonly [red: number, green: number, blue: number]
}

/**
 * Maps a picture to one of the same size.
 *
 * Source: as `Image.transform` of Pillow with `AFFINE`, to the bit. Nearest pixels are looked up
 * with 16 fraction bits, so sides stay below 32768 pixels there.
 */
export function warpAffine(
  picture: RgbPicture,
  matrix: AffineMatrix,
  { interpolation, fill }: WarpOptions,
): RgbPicture {
  const warped = blankPicture(picture.size, fill)
  if (interpolation === 'nearest') warpNearest(picture, matrix, warped.pixels)
  else if (interpolation === 'bilinear') warpBilinear(picture, matrix, warped.pixels)
  else warpBicubic(picture, matrix, warped.pixels)
  return warped
}

function warpNearest({ pixels, size }: RgbPicture, matrix: AffineMatrix, out: Uint8Array): void {
  const [height, width] = size
  const [a, b, c, d, e, f] = matrix
  const fixed = (value: number) => Math.floor(value * 65536 + 0.5)
  for (let y = 0; y < height; y++) {
    let sourceX = fixed(c + a * 0.5 + b * 0.5) + y * fixed(b)
    let sourceY = fixed(f + d * 0.5 + e * 0.5) + y * fixed(e)
    for (let x = 0; x < width; x++) {
      const column = sourceX >> 16
      const row = sourceY >> 16
      if (column >= 0 && column < width && row >= 0 && row < height) {
        const from = (row * width + column) * 3
        const to = (y * width + x) * 3
        out[to] = pixels[from]
        out[to + 1] = pixels[from + 1]
        out[to + 2] = pixels[from + 2]
      }
      sourceX += fixed(a)
      sourceY += fixed(d)
    }
  }
}

function warpBilinear({ pixels, size }: RgbPicture, matrix: AffineMatrix, out: Uint8Array): void {
  const [height, width] = size
  const [a, b, c, d, e, f] = matrix
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = a * (x + 0.5) + b * (y + 0.5) + c
      const sourceY = d * (x + 0.5) + e * (y + 0.5) + f
      if (!(sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height)) continue
      const column = Math.floor(sourceX - 0.5)
      const row = Math.floor(sourceY - 0.5)
      const dx = sourceX - 0.5 - column
      const dy = sourceY - 0.5 - row
      const left = Math.max(column, 0) * 3
      const right = Math.min(column + 1, width - 1) * 3
      const upper = Math.max(row, 0) * width * 3
      const lower = Math.min(row + 1, height - 1) * width * 3
      const to = (y * width + x) * 3
      for (let channel = 0; channel < 3; channel++) {
        const above = between(pixels[upper + left + channel], pixels[upper + right + channel], dx)
        const below = between(pixels[lower + left + channel], pixels[lower + right + channel], dx)
        out[to + channel] = Math.trunc(between(above, below, dy))
      }
    }
  }
}

function between(first: number, second: number, share: number): number {
  return first + (second - first) * share
}

function warpBicubic({ pixels, size }: RgbPicture, matrix: AffineMatrix, out: Uint8Array): void {
  const [height, width] = size
  const [a, b, c, d, e, f] = matrix
  const lastColumn = width - 1
  const lastRow = height - 1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = a * (x + 0.5) + b * (y + 0.5) + c
      const sourceY = d * (x + 0.5) + e * (y + 0.5) + f
      if (!(sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height)) continue
      const column = Math.floor(sourceX - 0.5)
      const row = Math.floor(sourceY - 0.5)
      const dx = sourceX - 0.5 - column
      const dy = sourceY - 0.5 - row
      const x0 = limited(column - 1, lastColumn) * 3
      const x1 = limited(column, lastColumn) * 3
      const x2 = limited(column + 1, lastColumn) * 3
      const x3 = limited(column + 2, lastColumn) * 3
      const y0 = limited(row - 1, lastRow) * width * 3
      const y1 = limited(row, lastRow) * width * 3
      const y2 = limited(row + 1, lastRow) * width * 3
      const y3 = limited(row + 2, lastRow) * width * 3
      const to = (y * width + x) * 3
      for (let i = 0; i < 3; i++) {
        let value = alongRow(pixels, y1 + i, x0, x1, x2, x3, dx)
        // One row is enough where pixels only move along rows, as in half of a training's warps.
        if (dy !== 0) {
          const v0 = alongRow(pixels, y0 + i, x0, x1, x2, x3, dx)
          const v2 = alongRow(pixels, y2 + i, x0, x1, x2, x3, dx)
          const v3 = alongRow(pixels, y3 + i, x0, x1, x2, x3, dx)
          value = cubic(v0, value, v2, v3, dy)
        }
        out[to + i] = value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value)
      }
    }
  }
}

/** Between pixels of a row; an array of the four places would take several times as long. */
function alongRow(
  pixels: Uint8Array,
  start: number,
  x0: number,
  x1: number,
  x2: number,
  x3: number,
  share: number,
): number {
  return cubic(
    pixels[start + x0],
    pixels[start + x1],
    pixels[start + x2],
    pixels[start + x3],
    share,
  )
}

/** Cubic convolution (a = -1) between the second and the third of four values, 0 <= share < 1. */
function cubic(v0: number, v1: number, v2: number, v3: number, share: number): number {
  const linear = v2 - v0
  const square = 2 * (v0 - v1) + v2 - v3
  const cube = v1 - v0 - v2 + v3
  return v1 + share * (linear + share * (square + share * cube))
}

function limited(index: number, last: number): number {
  return index < 0 ? 0 : index > last ? last : index
}
