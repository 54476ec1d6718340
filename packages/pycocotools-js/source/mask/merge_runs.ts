import type { RunList } from './run_list.js'

/** The runs in `runs` from `from` up to `to`. */
export interface RunRange {
  runs: Uint32Array
  from: number
  to: number
}

/**
 * Appends the union or intersection of two masks of one size, with no run of 0 but the first.
 *
 * Source: `rleMerge` of pycocotools 2.0.11. It stops early where a run of 0 ends in both masks at
 * one pixel; this goes on.
 *
 * @param a may stand in `list`, as `b`.
 */
export function appendMerged(list: RunList, a: RunRange, b: RunRange, intersect: boolean): void {
  list.reserve(a.to - a.from + b.to - b.from + 1)
  const { runs } = list
  const aRuns = a.runs
  const bRuns = b.runs
  let n = list.length
  let i = a.from
  let j = b.from
  let aEnd = i < a.to ? aRuns[i] : 0 // of the run, in pixels from the mask's start
  let bEnd = j < b.to ? bRuns[j] : 0
  let isA = false
  let isB = false
  let isInside = false
  let start = 0
  let end = 0
  for (;;) {
    end = Math.min(aEnd, bEnd)
    while (aEnd === end && i < a.to) {
      isA = !isA
      if (++i < a.to) aEnd += aRuns[i]
    }
    while (bEnd === end && j < b.to) {
      isB = !isB
      if (++j < b.to) bEnd += bRuns[j]
    }
    if (i >= a.to || j >= b.to) break
    if ((intersect ? isA && isB : isA || isB) === isInside) continue
    isInside = !isInside
    runs[n++] = end - start
    start = end
  }
  runs[n++] = end - start
  list.length = n
}

/**
 * Replaces the last two masks of `list`, which begin at `begin` and at `middle`, by what they are
 * merged.
 */
export function mergeLast(list: RunList, begin: number, middle: number, intersect: boolean): void {
  const { runs, length: end } = list
  appendMerged(list, { runs, from: begin, to: middle }, { runs, from: middle, to: end }, intersect)
  list.runs.copyWithin(begin, end, list.length)
  list.length -= end - begin
}
