import type { Random } from '../../random/random.js'
import type { RgbPicture } from '../pixels/rgb.js'
import {
  INCREASING_OPS,
  MAX_LEVEL,
  PLAIN_OPS,
  type RandAugmentOp,
  type RandAugmentOpName,
} from './rand_augment_ops.js'

/** Random changes of colours and shapes, after the crop and the flip. */
export interface RandAugmentOptions {
  /** How strong they are, 0 to 10. */
  magnitude: number
  /** Operations drawn for each picture; each is left out half of the time. @default 2 */
  numOps?: number
  /** Standard deviation of each operation's magnitude around `magnitude`. @default 0.5 */
  magnitudeStd?: number
  /**
   * Whether all operations change a picture more with a higher magnitude. Otherwise six of them do
   * so in part only: posterize, solarize and the four adjustments.
   *
   * @default true
   */
  increasing?: boolean
}

/** An operation with its argument. */
export interface DrawnOp {
  name: RandAugmentOpName
  /** Its argument: degrees, bits, a threshold, a factor or a share; absent where it has none. */
  argument?: number
}

/** Share of the drawn operations that are applied. */
const APPLIED = 0.5

/**
 * Draws what is done to a picture: `numOps` operations, of which some may be the same, and half of
 * them left out.
 *
 * Source: as timm's `RandAugment`; `rand-m7-mstd0.5-inc1` is a magnitude of 7.
 */
export function drawRandAugment(options: RandAugmentOptions, random: Random): DrawnOp[] {
  const { magnitude, numOps = 2, magnitudeStd = 0.5, increasing = true } = options
  const ops: Record<RandAugmentOpName, RandAugmentOp> = increasing ? INCREASING_OPS : PLAIN_OPS
  const names = Object.keys(ops) as RandAugmentOpName[]
  const drawn: DrawnOp[] = []
  for (let i = 0; i < numOps; i++) {
    const name = names[random.integer(names.length)]
    if (random.uniform() >= APPLIED) continue
    const level = Math.max(0, Math.min(MAX_LEVEL, magnitude + magnitudeStd * random.normal()))
    const sign = random.uniform() < 0.5 ? 1 : -1
    const { argumentOf } = ops[name]
    drawn.push(argumentOf ? { name, argument: argumentOf(level, sign) } : { name })
  }
  return drawn
}

/** Does to a picture what was drawn for it, one after the other. */
export function applyRandAugment(picture: RgbPicture, drawn: readonly DrawnOp[]): RgbPicture {
  return drawn.reduce(
    (changed, { name, argument = 0 }) => INCREASING_OPS[name].apply(changed, argument),
    picture,
  )
}
