import type { RunRange } from './merge_runs.js'
import type { RunList } from './run_list.js'

/**
 * Appends the runs of a mask in row-major order. A run ends at each change of value, so that other
 * values than 0 and 1 do not come back as they were.
 *
 * Source: `rleEncode` of pycocotools 2.0.11.
 *
 * @param pixels `[height, width]`.
 */
export function appendMask(list: RunList, pixels: Uint8Array, height: number, width: number): void {
  let value = 0
  let run = 0
  const columns = height === 0 ? 0 : width
  for (let x = 0; x < columns; x++) {
    list.reserve(height)
    const { runs } = list
    let n = list.length
    for (let place = x; place < pixels.length; place += width) {
      if (pixels[place] !== value) {
        runs[n++] = run
        run = 0
        value = pixels[place]
      }
      run++
    }
    list.length = n
  }
  list.reserve(1)
  list.runs[list.length++] = run
}

/**
 * Sets the pixels of a mask to 1.
 *
 * @param pixels `[height, width]`, row-major, zeros.
 */
export function drawRuns({ runs, from, to }: RunRange, pixels: Uint8Array, height: number): void {
  const width = pixels.length / height
  let x = 0
  let y = 0
  for (let i = from; i < to; i++) {
    const isInside = ((i - from) & 1) === 1
    let run = runs[i]
    while (run > 0) {
      const part = Math.min(run, height - y)
      if (isInside)
        for (let k = 0, place = y * width + x; k < part; k++, place += width) pixels[place] = 1
      run -= part
      y += part
      if (y === height) {
        y = 0
        x++
      }
    }
  }
}
