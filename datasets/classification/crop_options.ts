import { ConfigError } from '../../errors.js'
import type { ColorJitterOptions } from './draw_jitter.js'
import type { RandAugmentOptions } from './draw_rand_augment.js'

/** A part of random area and shape, resized to the input. */
export interface ResizedCrop {
  type: 'resized'
  /** Share of the picture's area, least and most. @default [0.08, 1] */
  scale?: readonly [number, number]
  /** Width by height, least and most. @default [3 / 4, 4 / 3] */
  ratio?: readonly [number, number]
}

/** A part of the input's size, of the picture with a black border. */
export interface PaddedCrop {
  type: 'padded'
  /** Width of the border, pixels. @default 4 */
  padding?: number
}

/** How pictures become input while training. */
export interface CropOptions {
  /** Height and width of the input, pixels. */
  imageSize: number
  /** @default padded for inputs of at most 32 pixels, else resized */
  crop?: ResizedCrop | PaddedCrop
  /** Between the crop and the flip; not beside `randAugment`. @default colours stay */
  colorJitter?: ColorJitterOptions
  /** Probability of a mirrored picture. @default 0.5 */
  flip?: number
  /** After the flip: up to so many degrees to either side, black around. @default 0 */
  rotation?: number
  /** After the flip and the rotation. @default pictures stay */
  randAugment?: RandAugmentOptions
}

/** How pictures become input in an evaluation. */
export interface TestCropOptions {
  /** Height and width of the input, pixels. */
  imageSize: number
  /**
   * The input's side by that of the resized picture whose middle it is. At 1, and for inputs of at
   * most 32 or at least 384 pixels, pictures are resized to the input, whatever their shape.
   *
   * @default 0.875
   */
  testCropRatio?: number
}

/** How pictures become inputs where each may give several, whose scores are averaged. */
export interface TestCropsOptions extends TestCropOptions {
  /**
   * Inputs of each picture: its middle, or torchvision's ten crops of the resized picture.
   *
   * @default 1
   */
  testCrops?: 1 | 10
}

/** Inputs of at most so many pixels are those of data sets of tiny pictures. */
export const TINY = 32
/** From so many pixels on, an evaluation sees the whole picture. */
const LARGE = 384

/**
 * Refuses two options that change colours: timm would pass over the first without a word.
 *
 * @throws ConfigError where both are given.
 */
export function requireOneColorChange({ colorJitter, randAugment }: CropOptions): void {
  if (colorJitter === undefined || randAugment === undefined) return
  throw new ConfigError(
    'data.colorJitter',
    'is given beside data.randAugment, which changes colours as well',
    'leave out one of the two',
  )
}

/**
 * Refuses ten crops where pictures are resized to the input: all ten would be the whole picture.
 *
 * @throws ConfigError
 */
export function requireRoomForCrops(options: TestCropsOptions): void {
  if (options.testCrops !== 10 || testShortSide(options) !== undefined) return
  const { imageSize, testCropRatio } = options
  const because =
    testCropRatio === 1 ? 'data.testCropRatio is 1' : `inputs have ${imageSize} pixels`
  throw new ConfigError(
    'data.testCrops',
    `is 10, but pictures are resized whole, as ${because}`,
    `leave it out, or crop from larger pictures: a testCropRatio below 1 and an imageSize from ${TINY + 1} to ${LARGE - 1}`,
  )
}

/** The crop of a training, with all options filled in. */
export function trainCropOf({ crop, imageSize }: CropOptions): Required<ResizedCrop | PaddedCrop> {
  const { type } = crop ?? { type: imageSize <= TINY ? 'padded' : 'resized' }
  if (type === 'padded') return { padding: 4, ...(crop as PaddedCrop), type }
  return { scale: [0.08, 1], ratio: [3 / 4, 4 / 3], ...(crop as ResizedCrop), type }
}

/**
 * Length of the short side that pictures are resized to before the middle is cut out; undefined
 * where they are resized to the input.
 */
export function testShortSide({
  imageSize,
  testCropRatio = 0.875,
}: TestCropOptions): number | undefined {
  if (imageSize <= TINY || imageSize >= LARGE || testCropRatio === 1) return undefined
  return Math.floor(imageSize / testCropRatio)
}
