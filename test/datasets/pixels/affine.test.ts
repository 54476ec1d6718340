import test from 'ava'
import { type AffineMatrix, warpAffine } from '../../../datasets/pixels/affine.js'
import { blankPicture } from '../../../datasets/pixels/rgb.js'
import { greyPicture, noisyPicture, redRows } from './pictures.js'

// Numbers of Pillow are in the tests of shear.ts, translate.ts and rotate.ts.
const IDENTITY: AffineMatrix = [1, 0, 0, 0, 1, 0]
const INTERPOLATIONS = ['nearest', 'bilinear', 'bicubic'] as const

for (const interpolation of INTERPOLATIONS) {
  test(`${interpolation}: the identity keeps a picture, of one pixel as well`, (t) => {
    for (const picture of [noisyPicture([7, 5]), noisyPicture([1, 1])]) {
      t.deepEqual(warpAffine(picture, IDENTITY, { interpolation }), picture)
    }
  })

  test(`${interpolation}: whole pixels move, and what is empty is filled`, (t) => {
    const picture = greyPicture([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const moved = warpAffine(picture, [1, 0, 1, 0, 1, -1], { interpolation, fill: [9, 8, 7] })
    t.deepEqual(redRows(moved), [
      [9, 9, 9],
      [2, 3, 9],
    ])
    t.deepEqual([...moved.pixels.subarray(0, 3)], [9, 8, 7])
  })

  test(`${interpolation}: one colour stays, black is around by default`, (t) => {
    const flat = blankPicture([6, 6], [200, 100, 50])
    const warped = warpAffine(flat, [0.9, 0.1, 0.2, -0.1, 0.8, 0.7], { interpolation })
    t.deepEqual(warped, flat)
    t.deepEqual(warpAffine(flat, [1, 0, 100, 0, 1, 0], { interpolation }), blankPicture([6, 6]))
  })
}

test('half a pixel to the left: the mean of two, or a cubic through four', (t) => {
  const picture = greyPicture([[10, 20, 60, 50]])
  const half: AffineMatrix = [1, 0, 0.5, 0, 1, 0]
  t.deepEqual(redRows(warpAffine(picture, half, { interpolation: 'bilinear' })), [[15, 40, 55, 0]])
  // (-v0 + 5 v1 + 5 v2 - v3) / 8 with the outermost pixels repeated; the last one is outside.
  t.deepEqual(redRows(warpAffine(picture, half, { interpolation: 'bicubic' })), [[10, 42, 60, 0]])
})

test('cubic values beyond white and black are limited', (t) => {
  const picture = greyPicture([[0, 255, 255, 0, 0, 255]])
  const warped = warpAffine(picture, [1, 0, 0.5, 0, 1, 0], { interpolation: 'bicubic' })
  t.deepEqual(redRows(warped)[0].slice(1, 4), [255, 127, 0])
})
