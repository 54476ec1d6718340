import { randomBeta } from 'd3-random'
import type { Random } from '../../random/random.js'

/** Mixup and CutMix. At least one of the two has an alpha above 0. */
export interface MixingOptions {
  /** Both parameters of mixup's beta distribution; 0 is no mixup. @default 0 */
  mixupAlpha?: number
  /** Both parameters of CutMix's; 0 is no CutMix. @default 0 */
  cutmixAlpha?: number
  /** Share of the batches that are mixed. @default 1 */
  probability?: number
  /** Share of CutMix where both are asked for. @default 0.5 */
  switchProbability?: number
}

/** Numbers of a `Mixing` of `ops/`. */
export interface DrawnMixing {
  boxXyxy: number[]
  pixelShare: number
  targetShare: number
}

const UNMIXED: DrawnMixing = { boxXyxy: [0, 0, 0, 0], pixelShare: 1, targetShare: 1 }

/**
 * Draws how a batch is mixed with itself. CutMix' share is that of the pixels that are left, once
 * its box is clipped to the picture.
 *
 * Source: as timm's `Mixup` in batch mode.
 *
 * @param size `[height, width]` of the pictures.
 */
export function drawMixing(
  size: readonly [number, number],
  options: MixingOptions,
  random: Random,
): DrawnMixing {
  const { mixupAlpha = 0, cutmixAlpha = 0, probability = 1, switchProbability = 0.5 } = options
  if (random.uniform() >= probability) return UNMIXED
  const hasBoth = mixupAlpha > 0 && cutmixAlpha > 0
  const isCutmix = hasBoth ? random.uniform() < switchProbability : cutmixAlpha > 0
  const alpha = isCutmix ? cutmixAlpha : mixupAlpha
  const share = randomBeta.source(() => random.uniform())(alpha, alpha)()
  if (!isCutmix) return { ...UNMIXED, pixelShare: share, targetShare: share }
  return cutmixOf(size, { share, y: random.integer(size[0]), x: random.integer(size[1]) })
}

/** CutMix of a share, around a pixel. */
export function cutmixOf(
  [height, width]: readonly [number, number],
  { share, y, x }: { share: number; y: number; x: number },
): DrawnMixing {
  const side = Math.sqrt(1 - share)
  const span = (center: number, length: number) => {
    const cut = Math.trunc(length * side)
    const start = center - Math.floor(cut / 2)
    return [Math.max(0, start), Math.min(length, start + cut)]
  }
  const [y1, y2] = span(y, height)
  const [x1, x2] = span(x, width)
  const targetShare = 1 - ((y2 - y1) * (x2 - x1)) / (height * width)
  return { boxXyxy: [x1, y1, x2, y2], pixelShare: 1, targetShare }
}
