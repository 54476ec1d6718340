import type { Random } from '../../random/random.js'
import { roundHalfToEven } from '../pixels/crop.js'

export interface ErasingOptions {
  /** How often a picture has a box of noise. */
  probability: number
}

/** Share of the picture's area, least and most. */
const AREA = [0.02, 1 / 3] as const
/** Height by width, least and most. */
const ASPECT = [0.3, 1 / 0.3] as const
/** So often a box is drawn that may not fit. */
const TRIES = 10

const NO_BOX = [0, 0, 0, 0]

/**
 * Draws the box of a picture that is erased.
 *
 * Source: as timm's `RandomErasing`.
 *
 * @param size `[height, width]`.
 * @returns `x1 y1 x2 y2`, whole pixels; zeros where nothing is erased.
 */
export function drawErasing(
  [height, width]: readonly [number, number],
  { probability }: ErasingOptions,
  random: Random,
): number[] {
  if (random.uniform() >= probability) return NO_BOX
  for (let i = 0; i < TRIES; i++) {
    const area = height * width * random.between(...AREA)
    const aspect = Math.exp(random.between(Math.log(ASPECT[0]), Math.log(ASPECT[1])))
    const rows = roundHalfToEven(Math.sqrt(area * aspect))
    const columns = roundHalfToEven(Math.sqrt(area / aspect))
    if (rows >= height || columns >= width) continue
    const top = random.integer(height - rows + 1)
    const left = random.integer(width - columns + 1)
    return [left, top, left + columns, top + rows]
  }
  return NO_BOX
}

/** Standard normal noise of a picture's shape, `[height, width, 3]`. */
export function drawNoise(size: readonly [number, number], random: Random): Float32Array {
  return Float32Array.from({ length: size[0] * size[1] * 3 }, () => random.normal())
}
