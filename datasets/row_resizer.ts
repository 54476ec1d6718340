import { RESIZE_ROWS } from './resize_rows_wasm.js'
import { ONE, type Taps } from './taps.js'

/**
 * Resizes rows of an image along x and blends two of them, by `resize_rows.wat`: 10 times as fast
 * as JavaScript. Its memory holds rows only, so that it is small whatever the size of the image.
 */
export interface RowResizer {
  /** Where two resized rows have their place: bytes of its memory. */
  places: [number, number]
  /** Resizes row `y` of the image. */
  resizeRow(y: number, place: number): void
  /**
   * @param weight of the lower row, in 1/2048.
   * @returns RGB bytes, which are overwritten by the next call.
   */
  blendRows(upper: number, lower: number, weight: number): Uint8Array
}

/**
 * A resizer from `width` columns to those of `columns`; the one before it must not be used any
 * more, as they share their memory.
 *
 * @param image `[height, width, 3]`, RGB.
 */
export function rowResizer(image: Uint8Array, width: number, { first, weight }: Taps): RowResizer {
  const outWidth = first.length
  const source = padded(outWidth * 8)
  const upper = source + padded(width * 3)
  const lower = upper + padded(outWidth * 6)
  const out = lower + padded(outWidth * 6)
  const kernel = kernelWith(out + padded(outWidth * 3))

  const { buffer } = kernel.memory
  const columns = new Int32Array(buffer, 0, outWidth * 2)
  for (let x = 0; x < outWidth; x++) {
    columns[x * 2] = first[x] * 3
    columns[x * 2 + 1] = (ONE - weight[x]) | (weight[x] << 16)
  }
  const sourceRow = new Uint8Array(buffer, source, width * 3)
  const blended = new Uint8Array(buffer, out, outWidth * 3)
  return {
    places: [upper, lower],
    resizeRow(y, place) {
      const start = image.byteOffset + y * sourceRow.length
      // `subarray` of a Buffer takes longer
      sourceRow.set(new Uint8Array(image.buffer, start, sourceRow.length))
      kernel.resizeRow(source, 0, outWidth, place)
    },
    blendRows(top, bottom, weight) {
      kernel.blendRows(top, bottom, weight, blended.length, out)
      return blended
    },
  }
}

/** What `resize_rows.wat` exports. */
interface Kernel {
  memory: { buffer: ArrayBuffer; grow(pages: number): number }
  resizeRow(row: number, columns: number, count: number, out: number): void
  blendRows(upper: number, lower: number, weight: number, length: number, out: number): void
}

/** TypeScript declares it for browsers only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: object }
}

const PAGE_BYTES = 64 * 1024
/** Memory of the kernel that is kept, one a thread: rows of 20,000 pixels to 30,000 fit. */
const KEPT_BYTES = 16 * PAGE_BYTES
let module: object | undefined
let kept: Kernel | undefined

/** Wider images get a kernel of their own, as memory that has grown is never given back. */
function kernelWith(bytes: number): Kernel {
  if (bytes > KEPT_BYTES) return makeKernel(bytes)
  kept ??= makeKernel(KEPT_BYTES)
  return kept
}

function makeKernel(bytes: number): Kernel {
  module ??= new WebAssembly.Module(RESIZE_ROWS)
  const kernel = new WebAssembly.Instance(module).exports as Kernel
  kernel.memory.grow(Math.ceil(bytes / PAGE_BYTES) - 1)
  return kernel
}

/**
 * Room for as many bytes and the 15 past their end that the loops touch, ending at a multiple of
 * 16.
 */
function padded(bytes: number): number {
  return (Math.floor(bytes / 16) + 2) * 16
}
