import test from 'ava'
import type { WarpOptions } from '../../../datasets/pixels/affine.js'
import type { RgbPicture } from '../../../datasets/pixels/rgb.js'
import { rotate } from '../../../datasets/pixels/rotate.js'
import { greyPicture, noisyPicture, redRows } from './pictures.js'
import { equalsPillow, FILL } from './pillow_cases.js'

const NEAREST = { interpolation: 'nearest' } as const

test('turned pictures are those of Pillow 12.3.0 to the bit', (t) => {
  const filled = (
    picture: RgbPicture,
    degrees: number,
    interpolation: WarpOptions['interpolation'],
  ) => rotate(picture, degrees, { interpolation, fill: FILL })
  equalsPillow(t, 'rotate', filled)
})

test('a quarter turns counter-clockwise', (t) => {
  const picture = greyPicture([
    [1, 2],
    [3, 4],
  ])
  t.deepEqual(redRows(rotate(picture, 90, NEAREST)), [
    [2, 4],
    [1, 3],
  ])
  t.deepEqual(rotate(picture, 450, NEAREST), rotate(picture, 90, NEAREST))
  t.deepEqual(rotate(picture, -90, NEAREST), rotate(picture, 270, NEAREST))
})

test('four quarters, two halves and a whole turn give the picture', (t) => {
  const square = noisyPicture([5, 5])
  const quarter = (picture: RgbPicture) => rotate(picture, 90, NEAREST)
  t.deepEqual(quarter(quarter(square)), rotate(square, 180, NEAREST))
  t.deepEqual(quarter(quarter(quarter(quarter(square)))), square)
  const picture = noisyPicture([3, 8])
  t.deepEqual(rotate(rotate(picture, 180, NEAREST), -180, NEAREST), picture)
  t.deepEqual(rotate(picture, -360, NEAREST), picture)
})

test('one pixel stays, at any angle', (t) => {
  const dot = noisyPicture([1, 1])
  for (const interpolation of ['nearest', 'bilinear', 'bicubic'] as const) {
    for (const degrees of [1, 45, -133.7]) t.deepEqual(rotate(dot, degrees, { interpolation }), dot)
  }
})

test('corners of a turned picture are filled', (t) => {
  const turned = rotate(noisyPicture([20, 20]), 45, { ...NEAREST, fill: FILL })
  t.deepEqual([...turned.pixels.subarray(0, 3)], [...FILL])
})
