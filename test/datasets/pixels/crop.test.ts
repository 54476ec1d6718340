import test from 'ava'
import { centerCrop, crop, mirror, roundHalfToEven } from '../../../datasets/pixels/crop.js'
import { resample } from '../../../datasets/pixels/resample.js'
import { blankPicture } from '../../../datasets/pixels/rgb.js'
import { digestOf, greyPicture, noisyPicture, patternedPicture, redRows } from './pictures.js'
import { CROPS } from './torchvision_crops.js'

test('resized parts are those of torchvision 0.29.1 on Pillow 12.3.0 to the bit', (t) => {
  for (const { size, part, imageSize, digest } of CROPS.resized) {
    const cropped = crop(patternedPicture(size), part)
    t.is(digestOf(resample(cropped, [imageSize, imageSize], 'bicubic')), digest)
  }
})

test("middles and mirror images are torchvision 0.29.1's, larger than the picture, too", (t) => {
  for (const { size, part, digest } of CROPS.centerCrop) {
    t.is(digestOf(centerCrop(patternedPicture(size), part)), digest, `${size} ${part}`)
  }
  for (const { size, digest } of CROPS.mirror) {
    t.is(digestOf(mirror(patternedPicture(size))), digest)
  }
})

test('what of a part lies outside the picture is black', (t) => {
  const picture = greyPicture([
    [1, 2],
    [3, 4],
  ])
  const around = crop(picture, { top: -1, left: -1, height: 4, width: 4 })
  t.deepEqual(redRows(around), [
    [0, 0, 0, 0],
    [0, 1, 2, 0],
    [0, 3, 4, 0],
    [0, 0, 0, 0],
  ])
  const corner = crop(picture, { top: 1, left: 1, height: 2, width: 3 })
  t.deepEqual(redRows(corner), [
    [4, 0, 0],
    [0, 0, 0],
  ])
  for (const [top, left] of [
    [0, 2],
    [0, -3],
    [2, 0],
    [-3, 0],
  ]) {
    t.deepEqual(crop(picture, { top, left, height: 3, width: 3 }), blankPicture([3, 3]))
  }
})

test('a whole picture, and its mirror image mirrored, is the picture', (t) => {
  const picture = noisyPicture([5, 4])
  t.deepEqual(crop(picture, { top: 0, left: 0, height: 5, width: 4 }), picture)
  t.deepEqual(mirror(mirror(picture)), picture)
  t.deepEqual(redRows(mirror(greyPicture([[1, 2, 3]]))), [[3, 2, 1]])
})

test('the middle of an odd margin begins at the even place', (t) => {
  const row = greyPicture([[0, 1, 2, 3, 4, 5]])
  t.deepEqual(redRows(centerCrop(row, [1, 4])), [[1, 2, 3, 4]])
  t.deepEqual(redRows(centerCrop(row, [1, 5])), [[0, 1, 2, 3, 4]])
  t.deepEqual(redRows(centerCrop(row, [1, 3])), [[2, 3, 4]])
})

test('halves are rounded to the even neighbour', (t) => {
  const values = [0.5, 1.5, 2.5, -0.5, -1.5, 0.49, 2.51, 3]
  t.deepEqual(values.map(roundHalfToEven), [0, 2, 2, 0, -2, 0, 3, 3])
})
