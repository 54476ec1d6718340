import test from 'ava'
import type { CropOptions } from '../../../datasets/classification/crop_options.js'
import { applyJitter, drawJitter } from '../../../datasets/classification/draw_jitter.js'
import {
  applyRandAugment,
  drawRandAugment,
} from '../../../datasets/classification/draw_rand_augment.js'
import { testInput, testInputs, trainInput } from '../../../datasets/classification/render_crops.js'
import { mirror } from '../../../datasets/pixels/crop.js'
import { resample } from '../../../datasets/pixels/resample.js'
import { rotate } from '../../../datasets/pixels/rotate.js'
import { tenCrop } from '../../../datasets/pixels/ten_crop.js'
import { Random } from '../../../random/random.js'
import { digestOf, noisyPicture, patternedPicture } from '../pixels/pictures.js'
import { CROPS } from '../pixels/torchvision_crops.js'

test('inputs of an evaluation are those of torchvision 0.29.1 on Pillow 12.3.0', (t) => {
  for (const { size, imageSize, testCropRatio, digest } of CROPS.test) {
    const input = testInput(patternedPicture(size), { imageSize, testCropRatio })
    t.is(digestOf(input), digest, `${size} at ${testCropRatio}`)
  }
})

test('ten inputs are the ten crops of the resized picture, the fifth its middle', (t) => {
  const picture = patternedPicture([50, 90])
  const options = { imageSize: 40, testCropRatio: 0.875 }
  const inputs = testInputs(picture, { ...options, testCrops: 10 })
  t.deepEqual(inputs, tenCrop(resample(picture, [45, 81], 'bicubic'), [40, 40]))
  t.deepEqual(inputs[4], testInput(picture, options))
  t.deepEqual(testInputs(picture, options), [testInput(picture, options)])
})

test('a picture is cropped, jittered, flipped, turned, and then RandAugment has it', (t) => {
  const picture = noisyPicture([16, 16])
  const options: CropOptions = { imageSize: 16, crop: { type: 'padded', padding: 0 }, flip: 1 }
  const stream = () => {
    const random = new Random(1, 'render_crops.test')
    for (let i = 0; i < 2; i++) random.integer(1) // the place of the crop
    return random
  }
  const input = (more: Partial<CropOptions>) =>
    trainInput(picture, { ...options, ...more }, new Random(1, 'render_crops.test'))

  t.deepEqual(input({}), mirror(picture))

  const colorJitter = { brightness: 0.4, contrast: 0.4, saturation: 0.4 }
  let random = stream()
  const jittered = applyJitter(picture, drawJitter(colorJitter, random))
  random.uniform() // the flip
  const degrees = 15 * (2 * random.uniform() - 1)
  const turned = rotate(mirror(jittered), degrees, { interpolation: 'nearest' })
  t.deepEqual(input({ colorJitter, rotation: 15 }), turned)

  const randAugment = { magnitude: 7, numOps: 8 }
  random = stream()
  random.uniform()
  const changed = applyRandAugment(mirror(picture), drawRandAugment(randAugment, random))
  t.deepEqual(input({ randAugment }), changed)
})

test('a rotation goes up to its degrees, to both sides', (t) => {
  const random = new Random(3, 'render_crops.test')
  const picture = patternedPicture([9, 9])
  const options: CropOptions = { imageSize: 9, crop: { type: 'padded', padding: 0 }, flip: 0 }
  const allTurns = new Set<string>()
  for (let degrees = -20; degrees <= 20; degrees += 0.01) {
    allTurns.add(digestOf(rotate(picture, degrees, { interpolation: 'nearest' })))
  }
  for (let i = 0; i < 50; i++) {
    t.true(allTurns.has(digestOf(trainInput(picture, { ...options, rotation: 20 }, random))))
  }
})

test('a crop of a picture smaller than the input has a black border', (t) => {
  const options: CropOptions = { imageSize: 8, crop: { type: 'padded', padding: 0 }, flip: 0 }
  const input = trainInput(noisyPicture([3, 4]), options, new Random(1, 'render_crops.test'))
  t.deepEqual(input.size, [8, 8])
})
