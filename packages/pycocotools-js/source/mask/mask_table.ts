import { appendCompressed, appendSegmentation } from './append_segmentation.js'
import type { RunRange } from './merge_runs.js'
import { RunList } from './run_list.js'
import { runsArea } from './runs_area.js'
import { writeRunsBox } from './runs_box.js'
import type { Segmentation } from './segmentation.js'
import { sizeOf } from './size_of.js'

/**
 * Masks by row, with their sizes, areas and boxes, in a few flat arrays. `clear` it and use it
 * again: filling it then makes nothing new.
 */
export class MaskTable {
  length = 0
  /**
   * Height of each row, pixels. These arrays are longer than `length`, and others after a row is
   * added.
   */
  heights = new Uint32Array(16)
  widths = new Uint32Array(16)
  areas = new Float64Array(16)
  /** `[length, 4]`, `x y width height`, whole pixels. */
  boxesXywh = new Float64Array(64)
  /**
   * `[length + 1]`: the runs of row i stand in `list.runs` from `starts[i]` up to `starts[i + 1]`.
   */
  starts = new Uint32Array(17)
  readonly list = new RunList()

  clear(): void {
    this.length = 0
    this.list.clear()
  }

  /** Adds a row, or throws `MaskFault` and adds none. */
  add(segmentation: Segmentation, imageSize: readonly [number, number]): void {
    this.list.length = this.starts[this.length]
    appendSegmentation(this.list, segmentation, imageSize)
    const size = sizeOf(segmentation, imageSize)
    this.addRow(size[0], size[1])
  }

  /** Adds a row of compressed counts, or throws `MaskFault` and adds none. */
  addCounts(counts: Uint8Array | string, size: readonly [number, number]): void {
    this.list.length = this.starts[this.length]
    appendCompressed(this.list, counts, size)
    this.addRow(size[0], size[1])
  }

  /** Where the runs of a row stand. */
  runs(row: number): RunRange {
    return { runs: this.list.runs, from: this.starts[row], to: this.starts[row + 1] }
  }

  /** Takes what was appended to the list as a row. */
  private addRow(height: number, width: number): void {
    const row = this.length
    if (row === this.heights.length) this.grow()
    const { runs, length: end } = this.list
    const begin = this.starts[row]
    this.heights[row] = height
    this.widths[row] = width
    this.areas[row] = runsArea(runs, begin, end)
    writeRunsBox(runs, begin, end, height, this.boxesXywh, 4 * row)
    this.starts[row + 1] = end
    this.length++
  }

  private grow(): void {
    const { heights, widths, areas, boxesXywh, starts, length } = this
    this.heights = new Uint32Array(2 * length)
    this.heights.set(heights)
    this.widths = new Uint32Array(2 * length)
    this.widths.set(widths)
    this.areas = new Float64Array(2 * length)
    this.areas.set(areas)
    this.boxesXywh = new Float64Array(8 * length)
    this.boxesXywh.set(boxesXywh)
    this.starts = new Uint32Array(2 * length + 1)
    this.starts.set(starts)
  }
}
