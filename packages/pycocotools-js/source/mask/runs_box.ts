/**
 * The smallest box around a mask, in whole pixels; `[0, 0, 0, 0]` for an empty one.
 *
 * Source: `rleToBbox` of pycocotools 2.0.11, which skips runs of 0. Where a mask has no others, its
 * box there is nonsense.
 *
 * @param height of the mask.
 * @returns `[x, y, width, height]`.
 */
export function runsBox(runs: Uint32Array, height: number): [number, number, number, number] {
  const boxXywh = new Float64Array(4)
  writeRunsBox(runs, 0, runs.length, height, boxXywh, 0)
  return [boxXywh[0], boxXywh[1], boxXywh[2], boxXywh[3]]
}

/** Writes `x y width height` of the runs from `from` up to `to` at `boxesXywh[place]`. */
export function writeRunsBox(
  runs: Uint32Array,
  from: number,
  to: number,
  height: number,
  boxesXywh: Float64Array,
  place: number,
): void {
  let left = -1
  let top = height
  let bottom = -1
  // Where the column of the last inside pixel so far starts, in pixels from the mask's start; as
  // `left`
  let column = 0
  let start = 0
  for (let i = from + 1; i < to; i += 2) {
    start += runs[i - 1]
    const end = start + runs[i]
    if (end === start) continue
    if (start >= column + height) column = columnOf(start, column, height)
    if (left < 0) left = column
    if (end <= column + height) {
      if (start - column < top) top = start - column
      if (end - column > bottom) bottom = end - column
    } else {
      top = 0
      bottom = height
      column = columnOf(end - 1, column, height)
    }
    start = end
  }
  const isEmpty = left < 0
  boxesXywh[place] = isEmpty ? 0 : left / height
  boxesXywh[place + 1] = isEmpty ? 0 : top
  boxesXywh[place + 2] = isEmpty ? 0 : (column - left) / height + 1
  boxesXywh[place + 3] = isEmpty ? 0 : bottom - top
}

/**
 * @returns where the column of a pixel starts, which is most often the one after `column`: that
 *   takes no division.
 */
function columnOf(pixel: number, column: number, height: number): number {
  return pixel < column + 2 * height ? column + height : Math.floor(pixel / height) * height
}
