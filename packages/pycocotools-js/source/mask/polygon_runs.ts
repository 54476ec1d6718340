/**
 * Polygons to run lengths. Vertices are rounded to a grid of `GRID` points a pixel; a point of the
 * grid is drawn at every step along the longer axis of each edge. Where two neighbouring points lie
 * left and right of the middle of a pixel column, the mask changes between inside and outside at
 * the height of the upper one: even-odd rule.
 *
 * Source: `rleFrPoly` of pycocotools 2.0.11, the same to the last bit. It makes a list of all
 * points; here the steps that cross a column of the canvas are computed, so that edges that reach
 * far out take no time and no memory.
 */
import { MaskFault } from './mask_fault.js'
import type { RunList } from './run_list.js'
import { showValue } from './show_value.js'

/**
 * Points of the grid a pixel, along each axis. Those of column X are 5 X + 0 ... 5 X + 4, and 5 X +
 * 2 is its middle.
 */
const GRID = 5
/**
 * A polygon that changes the mask at more places than this is refused: they would take 64 MiB and
 * seconds.
 */
const MAX_CROSSINGS = 2 ** 24

/**
 * Appends the runs of one polygon. With less than three vertices it is empty. A canvas without
 * pixels yields one run of 0.
 *
 * @param xy `x1 y1 x2 y2 ...`, image pixels, closed by itself; an odd number at the end is not
 *   looked at.
 * @param height of the canvas, as `width` and their product a whole number below 2^32.
 */
export function appendPolygon(
  list: RunList,
  xy: ArrayLike<number>,
  height: number,
  width: number,
): void {
  const begin = list.length
  const columns = height === 0 ? 0 : width
  const vertices = xy.length >> 1
  let x = vertices === 0 ? 0 : gridPoint(xy, 2 * vertices - 2)
  let y = vertices === 0 ? 0 : gridPoint(xy, 2 * vertices - 1)
  for (let i = 0; i < vertices; i++) {
    const nextX = gridPoint(xy, 2 * i)
    const nextY = gridPoint(xy, 2 * i + 1)
    appendCrossings(list, begin, x, y, nextX, nextY, height, columns)
    x = nextX
    y = nextY
  }
  crossingsToRuns(list, begin, height * width)
}

/** Appends the runs of a box as the polygon of its corners. */
export function appendBox(
  list: RunList,
  boxXywh: ArrayLike<number>,
  height: number,
  width: number,
): void {
  const [x, y, w, h] = [boxXywh[0], boxXywh[1], boxXywh[2], boxXywh[3]]
  if (![x, y, w, h].every(Number.isFinite) || w < 0 || h < 0)
    throw new MaskFault(
      `has the box ${showValue(boxXywh)}`,
      'a box is four finite numbers [x, y, width, height], the last two not negative',
    )
  appendPolygon(list, [x, y, x, y + h, x + w, y + h, x + w, y], height, width)
}

/** Checks every coordinate, as drawing does. Throws `MaskFault`. */
export function checkCoordinates(xy: ArrayLike<unknown>): void {
  for (let i = 0; i < xy.length; i++) gridPoint(xy, i)
}

/** Whether a polygon may be refused for its crossings, which only drawing it can show. */
export function mayCrossTooOften(xy: ArrayLike<unknown>, width: number): boolean {
  return (xy.length >> 1) * width >= MAX_CROSSINGS
}

/**
 * @returns the coordinate in grid points, rounded as C does it: half is added, then the fraction
 *   dropped.
 */
function gridPoint(xy: ArrayLike<unknown>, place: number): number {
  const value = xy[place]
  const scaled = typeof value === 'number' ? GRID * value + 0.5 : Number.NaN
  if (scaled > -(2 ** 31) - 1 && scaled < 2 ** 31) return scaled | 0
  throw new MaskFault(
    `has the coordinate ${showValue(value)} at [${place}]`,
    'coordinates are numbers of pixels, within 429 million of 0',
  )
}

/**
 * Appends where the edge changes the mask, as pixel numbers `x * height + y`, in no special order.
 *
 * An edge is walked in the direction in which its longer axis grows, `step` by `step`, and so is
 * computed alike both ways. It takes numbers rather than an object, since it is called for every
 * edge.
 */
function appendCrossings(
  list: RunList,
  begin: number,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  height: number,
  width: number,
): void {
  const dx = Math.abs(x2 - x1)
  const dy = Math.abs(y2 - y1)
  const isFlat = dx >= dy
  const isBackwards = isFlat ? x1 > x2 : y1 > y2
  const startX = isBackwards ? x2 : x1
  const startY = isBackwards ? y2 : y1
  const slope = isFlat
    ? (isBackwards ? y1 - y2 : y2 - y1) / dx
    : (isBackwards ? x1 - x2 : x2 - x1) / dy
  const endX = isFlat ? startX + dx : (startX + slope * dy + 0.5) | 0
  const firstX = isFlat ? startX : (startX + 0.5) | 0

  // the columns between whose middle and the next point of the grid (`right`) the edge passes
  const left = Math.min(firstX, endX)
  const first = Math.max(0, Math.floor((left - 3) / GRID) + 1)
  const last = Math.min(width - 1, Math.floor((Math.max(firstX, endX) - 3) / GRID))
  if (last < first) return
  if (list.length - begin + last - first >= MAX_CROSSINGS)
    throw new MaskFault(
      `crosses ${MAX_CROSSINGS} pixel columns and more`,
      'divide it, or use a smaller size',
    )
  list.reserve(last - first + 2) // and one for the end of the canvas

  const { runs } = list
  let n = list.length
  for (let column = first; column <= last; column++) {
    const right = GRID * column + 3
    let upper: number
    if (isFlat) {
      const step = right - startX - (slope < 0 ? 0 : 1)
      upper = (startY + slope * step + 0.5) | 0
    } else {
      const step = passingStep(startX, slope, dy, right)
      const isRightward = slope > 0 !== isBackwards
      const to = (startX + slope * (isBackwards ? step - 1 : step) + 0.5) | 0
      if (to !== (isRightward ? right : right - 1)) continue
      upper = startY + step - 1
    }
    const y = (upper + 0.5) / GRID - 0.5
    runs[n++] = column * height + (y < 0 ? 0 : y > height ? height : Math.ceil(y))
  }
  list.length = n
}

/**
 * @returns the first step of a steep edge that is on the other side of `right - 1` and `right`
 *   than step 0.
 */
function passingStep(startX: number, slope: number, steps: number, right: number): number {
  const near = Math.ceil((right - 0.5 - startX) / slope)
  if (
    near > 0 &&
    near <= steps &&
    hasPassed(startX, slope, right, near) &&
    !hasPassed(startX, slope, right, near - 1)
  )
    return near
  let before = 0
  let after = steps
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (hasPassed(startX, slope, right, middle)) after = middle
    else before = middle
  }
  return after
}

function hasPassed(startX: number, slope: number, right: number, step: number): boolean {
  return slope > 0 === ((startX + slope * step + 0.5) | 0) >= right
}

/** Turns the crossings from `begin` on into runs, in place. Two crossings at one pixel cancel. */
function crossingsToRuns(list: RunList, begin: number, pixels: number): void {
  list.reserve(1)
  const { runs } = list
  let end = list.length
  runs[end++] = pixels
  runs.subarray(begin, end).sort()
  let n = begin + 1 // the first crossing is the first run
  let previous = runs[begin]
  for (let i = begin + 1; i < end; i++) {
    const crossing = runs[i]
    if (crossing > previous) {
      runs[n++] = crossing - previous
      previous = crossing
    } else if (++i < end) {
      previous = runs[i]
      runs[n - 1] += previous - crossing
    }
  }
  list.length = n
}
