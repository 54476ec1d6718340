import { inspect } from 'node:util'
import { CocoError } from '../source/errors.js'
import { compressRuns } from '../source/mask/counts_string.js'
import type { BinaryMask, RLE } from '../source/mask/index.js'
import * as mask from '../source/mask/index.js'
import { isList } from '../source/mask/is_list.js'
import { MaskFault } from '../source/mask/mask_fault.js'
import { runsOf } from '../source/mask/runs_of.js'
import type { Segmentation } from '../source/mask/segmentation.js'
import {
  mutatedBinaryMask,
  mutatedBox,
  mutatedCrowd,
  mutatedImageSize,
  mutatedNumbers,
  mutatedObject,
  mutatedRle,
  rightRles,
} from './mutated_masks.js'
import { type Random, seededRandom } from './random.js'

/** Masks of more pixels are not decoded: a gigabyte each would test the memory only. */
const MAX_DECODED = 1e6
const MAX_SECONDS = 20

export interface MaskSoak {
  inputs: number
  /** Calls that returned a result, and calls that ended in a typed error. */
  results: number
  errors: number
  /** The inputs that something else became of, at most ten, each with what that was. */
  violations: string[]
}

/** Runs a call: its result, or undefined where it ended in a typed error. */
type Attempt = <T>(call: () => T) => T | undefined

interface Case {
  input: unknown
  /** Throws where something is wrong. */
  check(attempt: Attempt): void
}

/**
 * Throws mutated masks at every mask function. Each call must return a result that is right in
 * itself, or a typed error.
 *
 * @param count of inputs; each goes to all functions it may be meant for.
 */
export function soakMasks(count: number, seed: number): MaskSoak {
  const random = seededRandom(seed)
  const rles = rightRles(random)
  const soak: MaskSoak = { inputs: 0, results: 0, errors: 0, violations: [] }
  const attempt: Attempt = (call) => {
    try {
      const result = call()
      soak.results++
      return result
    } catch (error) {
      if (!(error instanceof CocoError || error instanceof MaskFault)) throw error
      soak.errors++
      return undefined
    }
  }
  while (soak.inputs < count && soak.violations.length < 10) {
    soak.inputs++
    const { input, check } = random.pick(MAKERS)(random, rles)
    const start = performance.now()
    try {
      check(attempt)
      const seconds = (performance.now() - start) / 1000
      expect(seconds <= MAX_SECONDS, `took ${seconds.toFixed(1)} s`)
    } catch (error) {
      const shown = inspect(input, { depth: 6, maxArrayLength: 500, maxStringLength: 500 })
      soak.violations.push(`${shown}\n  ${inspect(error)}`)
    }
  }
  return soak
}

const MAKERS = [rleCase, rleCase, rleCase, objectCase, objectCase, iouCase, pixelsCase]

/**
 * Masks in compressed run lengths, to all functions that take them. All take them, or none does.
 */
function rleCase(random: Random, rles: readonly RLE<string>[]): Case {
  const list = [mutatedRle(random, rles) as RLE, mutatedRle(random, rles) as RLE]
  const check = (attempt: Attempt) => {
    const taken = list.map((rle) => {
      attempt(() => mask.area(rle))
      attempt(() => mask.toBbox(rle))
      const isTaken = attempt(() => mask.area([rle])) !== undefined
      const runs = attempt(() => {
        const { size, counts } = (rle ?? {}) as RLE<Uint8Array>
        if (!(counts instanceof Uint8Array)) throw new MaskFault('has no bytes', 'give it some')
        return runsOf({ size, counts }, [1, 1])
      })
      if (runs) expect(isTaken, 'runsOf takes it, but area does not')
      const calls: Record<string, () => unknown> = {
        toBbox: () => mask.toBbox([rle]),
        merge: () => mask.merge([rle]),
        iou: () => mask.iou([rle], [rle], [0]),
      }
      for (const [name, call] of Object.entries(calls))
        expect((attempt(call) !== undefined) === isTaken, `area and ${name} do not agree on it`)
      if (isTaken) checkMask(rle)
      else if (attempt(() => mask.decode([rle])))
        expect(false, 'decode takes it, but area does not')
      return isTaken
    })
    const isUnited = attempt(() => mask.merge(list)) !== undefined
    expect(isUnited === taken.every(Boolean), 'merge takes what area does not, or not what it does')
    if (isUnited) checkPair(list[0], list[1])
  }
  return { input: list, check }
}

/** Polygons, boxes and run lengths. */
function objectCase(random: Random): Case {
  const [height, width] = mutatedImageSize(random) as [number, number]
  const object = mutatedObject(random, 30, 40) as number[][]
  const check = (attempt: Attempt) => {
    const masks = attempt(() => mask.frPyObjects(object, height, width))
    const list = masks === undefined ? [] : [masks].flat()
    for (const rle of list) checkMask(rle)

    const { size, counts } = (object ?? {}) as unknown as {
      size: [number, number]
      counts: number[]
    }
    const segmentation: Segmentation = Array.isArray(object)
      ? { polygons: object }
      : { size, runs: isList(counts) ? counts : [] }
    const runs = attempt(() => runsOf(segmentation, [height, width]))
    if (masks === undefined || runs === undefined) return
    expect(mask.merge(list).counts === compressRuns(runs), 'runsOf is not the union of frPyObjects')
  }
  return { input: { object, height, width }, check }
}

/** Masks or boxes with crowds. */
function iouCase(random: Random, rles: readonly RLE<string>[]): Case {
  const side = () =>
    Array.from({ length: random.below(4) }, () => {
      if (random.below(40) > 0 === isBoxes)
        return mutatedNumbers(random, mutatedBox(random, 30, 40))
      return random.below(3) > 0 ? random.pick(rles) : mutatedRle(random, rles)
    }) as RLE[]
  const isBoxes = random.below(2) === 0
  const [dt, gt] = [side(), side()]
  const iscrowd = mutatedCrowd(random, gt.length) as number[]
  const check = (attempt: Attempt) => {
    const ious = attempt(() => mask.iou(dt, gt, iscrowd))
    if (ious === undefined) return
    const { data, shape } = ious
    expect(shape[0] === dt.length && shape[1] === gt.length, 'the result has another shape')
    expect(data.length === dt.length * gt.length, 'the result has another length')
    for (const value of data)
      expect(
        isBoxes ? !Number.isNaN(value) : value === -1 || (value >= 0 && value <= 1),
        `an IoU is ${value}`,
      )
  }
  return { input: { dt, gt, iscrowd }, check }
}

/** Masks pixel by pixel. */
function pixelsCase(random: Random): Case {
  const binary = mutatedBinaryMask(random) as BinaryMask
  const check = (attempt: Attempt) => {
    const rle = attempt(() => mask.encode([binary]))?.[0]
    attempt(() => mask.encode(binary))
    if (rle === undefined) return
    checkMask(rle)
    if (binary.data.some((value) => value > 1)) return
    const { data } = mask.decode(rle)
    expect(
      data.every((value, i) => value === binary.data[i]),
      'decode(encode(mask)) is not the mask',
    )
  }
  return { input: binary, check }
}

/** Checks what the functions return for a mask that was taken. */
function checkMask(rle: RLE): void {
  const [height, width] = rle.size
  const area = mask.area(rle)
  expect(Number.isInteger(area) && area >= 0 && area <= height * width, `the area is ${area}`)
  const [x, y, w, h] = mask.toBbox(rle)
  const isInside = x >= 0 && y >= 0 && w >= 0 && h >= 0 && x + w <= width && y + h <= height
  expect(isInside && area <= w * h, `the box is ${[x, y, w, h]}`)
  expect(area === 0 ? w === 0 && h === 0 : w > 0 && h > 0, `the box is ${[x, y, w, h]}`)
  expect(mask.iou([rle], [rle], [0]).data[0] === (area > 0 ? 1 : 0), 'the IoU with itself is not 1')
  expect(mask.area(mask.merge([rle, rle])) === area, 'the union with itself has another area')
  if (height * width > MAX_DECODED) return

  const binary = mask.decode(rle)
  expect(binary.data.length === height * width, 'there are more or fewer pixels than in its size')
  expect(
    binary.data.reduce((sum, value) => sum + value, 0) === area,
    'there are not as many pixels as in its area',
  )
  expect(
    mask.encode(binary).counts === mask.merge([rle, rle]).counts,
    'encode(decode(rle)) is another mask',
  )
}

function checkPair(a: RLE, b: RLE): void {
  const isOneSize = a.size[0] === b.size[0] && a.size[1] === b.size[1]
  const union = mask.area(mask.merge([a, b]))
  const intersection = mask.area(mask.merge([a, b], true))
  const [iou] = mask.iou([a], [b], [0]).data
  if (!isOneSize)
    expect((iou === 0 || iou === -1) && union === 0, 'masks of different sizes are compared')
  else {
    expect(union + intersection === mask.area(a) + mask.area(b), 'areas do not add up')
    expect(iou === (intersection === 0 ? 0 : intersection / union), `the IoU is ${iou}`)
  }
}

function expect(isRight: boolean, problem: string): asserts isRight {
  if (!isRight) throw new Error(problem)
}
