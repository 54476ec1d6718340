import { Random } from '../../random/random.js'
import { decodeShown } from '../image.js'
import type { LimitOptions } from '../image_header.js'
import { centerCrop, crop, mirror } from '../pixels/crop.js'
import { resample } from '../pixels/resample.js'
import type { RgbPicture } from '../pixels/rgb.js'
import { rotate } from '../pixels/rotate.js'
import { tenCrop } from '../pixels/ten_crop.js'
import type { RenderedBatch } from '../render.js'
import {
  type CropOptions,
  requireRoomForCrops,
  type TestCropOptions,
  type TestCropsOptions,
  testShortSide,
  trainCropOf,
} from './crop_options.js'
import { drawResizedCrop } from './draw_crop.js'
import { applyJitter, drawJitter } from './draw_jitter.js'
import { applyRandAugment, drawRandAugment } from './draw_rand_augment.js'

/** A picture to be rendered. */
export interface CropSource {
  /** Its file, or what it is called in messages. */
  file: string
  /** Its pixels, where they are in memory. */
  picture?: RgbPicture
  /** Seed words of its random choices, while training. */
  stream: readonly (string | number)[]
}

/** What a worker needs to make the pixels of a batch of classified pictures. */
export interface CropRequest extends LimitOptions {
  /** Height and width of the input. */
  size: [number, number]
  images: CropSource[]
  crops: ({ mode: 'train' } & CropOptions) | ({ mode: 'test' } & TestCropsOptions)
}

/**
 * Decodes pictures, as viewers show them, and cuts the input out of each, or its ten inputs.
 *
 * @param spare memory to write over, where it is large enough.
 * @returns `[n, h, w, 3]`, the inputs of a picture side by side. Where several pictures fail, the
 *   error is the first one's.
 */
export async function renderCrops(
  { images, size, crops, maxPixels }: CropRequest,
  spare?: ArrayBuffer,
): Promise<RenderedBatch> {
  const bytes = size[0] * size[1] * 3
  const inputsOfEach = crops.mode === 'test' ? (crops.testCrops ?? 1) : 1
  const total = images.length * inputsOfEach * bytes
  const isReused = spare !== undefined && spare.byteLength >= total
  const pixels = isReused ? new Uint8Array(spare, 0, total) : new Uint8Array(total)
  const results = await Promise.allSettled(
    images.map(async ({ file, picture, stream }, i) => {
      const decoded = picture ?? (await decodeShown(file, { maxPixels }))
      const inputs =
        crops.mode === 'train'
          ? [trainInput(decoded, crops, new Random(...stream))]
          : testInputs(decoded, crops)
      for (const [k, input] of inputs.entries()) {
        pixels.set(input.pixels, (i * inputsOfEach + k) * bytes)
      }
    }),
  )
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return { pixels }
}

/** A picture as a network sees it in training. */
export function trainInput(picture: RgbPicture, options: CropOptions, random: Random): RgbPicture {
  const { colorJitter, flip = 0.5, rotation = 0, randAugment } = options
  let input = trainCrop(picture, options, random)
  if (colorJitter) input = applyJitter(input, drawJitter(colorJitter, random))
  if (random.uniform() < flip) input = mirror(input)
  if (rotation > 0) {
    const degrees = rotation * (2 * random.uniform() - 1)
    input = rotate(input, degrees, { interpolation: 'nearest' })
  }
  if (randAugment) input = applyRandAugment(input, drawRandAugment(randAugment, random))
  return input
}

function trainCrop(picture: RgbPicture, options: CropOptions, random: Random): RgbPicture {
  const { imageSize } = options
  const side = [imageSize, imageSize] as const
  const chosen = trainCropOf(options)
  if (chosen.type === 'resized') {
    const part = drawResizedCrop(picture.size, chosen, random)
    return resample(crop(picture, part), side, 'bicubic')
  }
  const { padding } = chosen
  const [height, width] = picture.size.map((length) => Math.max(length, imageSize))
  const place = (length: number) => random.integer(length + 2 * padding - imageSize + 1) - padding
  const top = place(height)
  const left = place(width)
  return crop(picture, { top, left, height: imageSize, width: imageSize })
}

/** The inputs of a picture in an evaluation: one, or the ten whose scores are averaged. */
export function testInputs(picture: RgbPicture, options: TestCropsOptions): RgbPicture[] {
  const { imageSize, testCrops = 1 } = options
  if (testCrops === 1) return [testInput(picture, options)]
  requireRoomForCrops(options)
  return tenCrop(resizedForTest(picture, options), [imageSize, imageSize])
}

/** A picture as a network sees it in an evaluation. */
export function testInput(picture: RgbPicture, options: TestCropOptions): RgbPicture {
  const { imageSize } = options
  return centerCrop(resizedForTest(picture, options), [imageSize, imageSize])
}

/** What the input is cut out of: it has the input's size where nothing is cut off. */
function resizedForTest(picture: RgbPicture, options: TestCropOptions): RgbPicture {
  const { imageSize } = options
  const short = testShortSide(options)
  const size =
    short === undefined ? ([imageSize, imageSize] as const) : sizeOfShort(picture.size, short)
  return resample(picture, size, 'bicubic')
}

/** Size of a picture whose short side is `short`; torchvision rounds the long one down, too. */
function sizeOfShort(
  [height, width]: readonly [number, number],
  short: number,
): [height: number, width: number] {
  return height < width
    ? [short, Math.trunc((short * width) / height)]
    : [Math.trunc((short * height) / width), short]
}
