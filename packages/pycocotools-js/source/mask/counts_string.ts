/**
 * The compressed form of run lengths. Each number stands in groups of 5 bits, lowest first, each
 * group a character: 48 + bits, + 32 where another group follows. The highest bit of the last group
 * is the sign. From the fourth number on, the difference to the number two before is stored.
 *
 * Source: `rleToString` and `rleFrString` of pycocotools 2.0.11, which hold for runs below 2^29;
 * these hold below 2^32.
 */
import { MaskFault } from './mask_fault.js'
import { RunList } from './run_list.js'
import { MAX_PIXELS } from './size_of.js'

/** A difference of two runs has at most 33 bits with its sign. */
const MAX_GROUPS = 7

/** @returns the runs from `from` up to `to` as a string, the shortest there is. */
export function compressRuns(runs: Uint32Array, from = 0, to = runs.length): string {
  const count = MAX_GROUPS * (to - from)
  if (characters.length < count) characters = new Uint8Array(2 * count)
  let p = 0
  for (let i = from; i < to; i++) {
    let value = i - from > 2 ? runs[i] - runs[i - 2] : runs[i]
    for (; value >= 2 ** 30 || value < -(2 ** 30); value = Math.floor(value / 32))
      characters[p++] = 48 + 32 + (value & 31)
    for (let rest = value | 0, more = true; more; ) {
      const group = rest & 31
      rest >>= 5
      more = rest !== (group & 16 ? -1 : 0)
      characters[p++] = 48 + group + (more ? 32 : 0)
    }
  }
  return ascii.decode(characters.subarray(0, p))
}

/** @returns the runs, of which nothing is known but that each is below 2^32. */
export function expandCounts(counts: Uint8Array): Uint32Array {
  const list = new RunList()
  appendCounts(list, counts, 0, counts.length)
  return list.runs.slice(0, list.length)
}

/** Appends the runs of the counts that stand in `bytes` from `from` up to `to`. */
export function appendCounts(list: RunList, bytes: Uint8Array, from: number, to: number): void {
  list.reserve(to - from)
  const { runs, length: first } = list
  let n = first
  let last = 0 // the runs before
  let lastButOne = 0
  let strange = 0
  for (let p = from; p < to; ) {
    const begin = p
    let group = bytes[p++] - 48
    let value = group & 31
    let shift = 5
    strange |= group
    while (group & 32 && p < to && shift < 30) {
      group = bytes[p++] - 48
      value |= (group & 31) << shift
      shift += 5
      strange |= group
    }
    if (group & 16) value |= -1 << shift
    let run = n - first > 2 ? lastButOne + value : value
    if (group & 32) {
      run += longNumber(bytes, from, begin, to) - value
      p = begin + MAX_GROUPS
      strange |= bytes[p - 1] - 48
    }
    if (run < 0 || run > MAX_PIXELS)
      throw faultIn(bytes, from, to, `has ${run} as run [${n - first}]`)
    runs[n++] = run
    lastButOne = last
    last = run
  }
  if (strange & ~63) throw faultIn(bytes, from, to, 'has counts with a byte out of the alphabet')
  list.length = n
}

/** Appends the runs of counts that are text. */
export function appendCountsText(list: RunList, counts: string): void {
  const { length } = counts
  if (characters.length < length) characters = new Uint8Array(2 * length)
  for (let i = 0; i < length; i++) {
    const code = counts.charCodeAt(i)
    characters[i] = code < 256 ? code : 0 // not in the alphabet either way
  }
  appendCounts(list, characters, 0, length)
}

/** @returns the number of seven groups at `begin`, past what 32 bits hold. */
function longNumber(bytes: Uint8Array, from: number, begin: number, to: number): number {
  let value = 0
  for (let k = 0; k < MAX_GROUPS; k++) {
    if (begin + k >= to) throw faultIn(bytes, from, to, 'has counts that stop within a number')
    const group = bytes[begin + k] - 48
    value += (group & 31) * 32 ** k
    if (group & 32) continue
    return group & 16 ? value - 32 ** (k + 1) : value
  }
  throw faultIn(bytes, from, to, `has counts with a number of more than ${MAX_GROUPS} characters`)
}

/**
 * @param what is wrong with the counts, if it is not a byte out of the alphabet: then that is the
 *   reason.
 */
function faultIn(bytes: Uint8Array, from: number, to: number, what: string): MaskFault {
  const place = bytes.subarray(from, to).findIndex((byte) => byte < 48 || byte > 111)
  return place < 0
    ? new MaskFault(what, 'compressed counts hold whole runs of 0 to 2^32 - 1 pixels')
    : new MaskFault(
        `has counts with the byte ${bytes[from + place]} at ${place}`,
        'compressed counts hold the characters "0" to "o", bytes 48 to 111',
      )
}

/** Buffer, kept between calls, since typed arrays are costly to make. */
let characters = new Uint8Array(1 << 12)
const ascii = new TextDecoder()
