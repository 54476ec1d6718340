import { autoContrast } from '../pixels/auto_contrast.js'
import { adjustBrightness, adjustColor, adjustContrast } from '../pixels/enhance.js'
import { equalize } from '../pixels/equalize.js'
import type { RgbPicture } from '../pixels/rgb.js'
import { rotate } from '../pixels/rotate.js'
import { adjustSharpness } from '../pixels/sharpness.js'
import { shearX, shearY } from '../pixels/shear.js'
import { invert, posterize, solarize, solarizeAdd } from '../pixels/tones.js'
import { translateX, translateY } from '../pixels/translate.js'

/** A change of a picture whose strength follows from a level. */
export interface RandAugmentOp {
  /**
   * Its argument; absent where it has none.
   *
   * @param level 0 to 10.
   * @param sign 1 or -1, each as likely.
   */
  argumentOf?(level: number, sign: number): number
  apply(picture: RgbPicture, argument: number): RgbPicture
}

/** The largest level. */
export const MAX_LEVEL = 10

/** ImageNet's mean colour fills what has been moved away. */
const WARP = { interpolation: 'bicubic', fill: [124, 116, 104] } as const

const posterizeBits = (level: number) => Math.trunc((level / MAX_LEVEL) * 4)
const solarizeThreshold = (level: number) => Math.min(256, Math.trunc((level / MAX_LEVEL) * 256))

/** A factor that is 1 at level 0 and moves away from it, but not below 0.1. */
const awayFromOne = (level: number, sign: number) =>
  Math.max(0.1, 1 + sign * ((level / MAX_LEVEL) * 0.9))
/** A factor from 0.1 at level 0 to 1.9: level 5 changes nothing. */
const upFromTenth = (level: number) => (level / MAX_LEVEL) * 1.8 + 0.1

const shearFactor = (level: number, sign: number) => sign * ((level / MAX_LEVEL) * 0.3)
const movedShare = (level: number, sign: number) => sign * ((level / MAX_LEVEL) * 0.45)

/**
 * The 15 operations that change a picture more with a higher level.
 *
 * Source: `_RAND_INCREASING_TRANSFORMS` of timm 1.0.29, with the colour and the interpolation that
 * its `create_transform` passes for ImageNet and bicubic.
 */
export const INCREASING_OPS = {
  autoContrast: { apply: autoContrast },
  equalize: { apply: equalize },
  invert: { apply: invert },
  rotate: {
    argumentOf: (level, sign) => sign * ((level / MAX_LEVEL) * 30),
    apply: (picture, degrees) => rotate(picture, degrees, WARP),
  },
  posterize: { argumentOf: (level) => 4 - posterizeBits(level), apply: posterize },
  solarize: { argumentOf: (level) => 256 - solarizeThreshold(level), apply: solarize },
  solarizeAdd: {
    argumentOf: (level) => Math.min(128, Math.trunc((level / MAX_LEVEL) * 110)),
    apply: solarizeAdd,
  },
  color: { argumentOf: awayFromOne, apply: adjustColor },
  contrast: { argumentOf: awayFromOne, apply: adjustContrast },
  brightness: { argumentOf: awayFromOne, apply: adjustBrightness },
  sharpness: { argumentOf: awayFromOne, apply: adjustSharpness },
  shearX: { argumentOf: shearFactor, apply: (picture, factor) => shearX(picture, factor, WARP) },
  shearY: { argumentOf: shearFactor, apply: (picture, factor) => shearY(picture, factor, WARP) },
  translateX: {
    argumentOf: movedShare,
    apply: (picture, share) => translateX(picture, share, WARP),
  },
  translateY: {
    argumentOf: movedShare,
    apply: (picture, share) => translateY(picture, share, WARP),
  },
} satisfies Record<string, RandAugmentOp>

/** Names of the operations. */
export type RandAugmentOpName = keyof typeof INCREASING_OPS

/**
 * The same operations; of six of them a middle level, or a high one, changes a picture least.
 *
 * Source: `_RAND_TRANSFORMS` of timm 1.0.29.
 */
export const PLAIN_OPS: Record<RandAugmentOpName, RandAugmentOp> = {
  ...INCREASING_OPS,
  posterize: { argumentOf: posterizeBits, apply: posterize },
  solarize: { argumentOf: solarizeThreshold, apply: solarize },
  color: { argumentOf: upFromTenth, apply: adjustColor },
  contrast: { argumentOf: upFromTenth, apply: adjustContrast },
  brightness: { argumentOf: upFromTenth, apply: adjustBrightness },
  sharpness: { argumentOf: upFromTenth, apply: adjustSharpness },
}
