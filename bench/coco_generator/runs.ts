/**
 * Run lengths of a union of polygons: pixels whose centre's column the outline crosses above and
 * below them.
 *
 * Not pycocotools' rasteriser, and not ours: what is measured does not make its own data.
 *
 * @param polygons `x1 y1 x2 y2 ...`, image pixels.
 * @returns runs, column by column, background first.
 */
export function fillPolygons(
  polygons: readonly (readonly number[])[],
  [height, width]: readonly [number, number],
): number[] {
  const spans = polygons.flatMap((polygon) => fillPolygon(polygon, height, width))
  if (polygons.length > 1) spans.sort((a, b) => a[0] - b[0])
  const runs: number[] = []
  let end = 0 // first pixel that no run covers
  for (const [from, to] of spans) {
    if (to <= end) continue
    if (from <= end && runs.length > 0) runs[runs.length - 1] += to - end
    else runs.push(from - end, to - from)
    end = to
  }
  if (end < height * width) runs.push(height * width - end)
  return runs
}

/**
 * Pixels `[from, to)` inside one polygon by the even-odd rule, ascending; pixel `(x, y)` is
 * `x * height + y`.
 */
function fillPolygon(polygon: readonly number[], height: number, width: number): number[][] {
  const crossings: number[] = []
  for (let i = 0; i < polygon.length; i += 2) {
    const next = (i + 2) % polygon.length
    let [x1, y1, x2, y2] = [polygon[i], polygon[i + 1], polygon[next], polygon[next + 1]]
    if (x1 > x2) [x1, y1, x2, y2] = [x2, y2, x1, y1]
    const last = Math.min(width - 1, Math.ceil(x2 - 0.5) - 1)
    for (let x = Math.max(0, Math.ceil(x1 - 0.5)); x <= last; x++) {
      const y = y1 + ((x + 0.5 - x1) * (y2 - y1)) / (x2 - x1)
      crossings.push(x * height + Math.round(Math.min(height, Math.max(0, y))))
    }
  }
  const sorted = Float64Array.from(crossings).sort()
  const spans: number[][] = []
  for (let i = 0; i < sorted.length; i += 2)
    if (sorted[i] < sorted[i + 1]) spans.push([sorted[i], sorted[i + 1]])
  return spans
}

/** Pixels in the foreground. */
export function areaOfRuns(runs: readonly number[]): number {
  return runs.reduce((sum, run, i) => sum + (i % 2 === 1 ? run : 0), 0)
}

/**
 * COCO's compressed string: groups of five bits, low ones first, each as a character from '0' on;
 * the sixth bit shows that more follow. From the fourth run on, the difference to the run before
 * the last is written.
 */
export function compressRuns(runs: readonly number[]): string {
  const codes: number[] = []
  for (const [i, run] of runs.entries()) {
    let rest = i > 2 ? run - runs[i - 2] : run
    for (;;) {
      const group = rest & 31
      rest >>= 5
      const isLast = rest === (group & 16 ? -1 : 0)
      codes.push(48 + group + (isLast ? 0 : 32))
      if (isLast) break
    }
  }
  return String.fromCharCode(...codes)
}
