import test from 'ava'
import { mirror } from '../../../datasets/pixels/crop.js'
import { type Interpolation, resample } from '../../../datasets/pixels/resample.js'
import { blankPicture, type RgbPicture } from '../../../datasets/pixels/rgb.js'
import { greyPicture, noisyPicture, redRows } from './pictures.js'
import { equalsPillow } from './pillow_cases.js'

test('resized pictures are those of Pillow 12.3.0 to the bit', (t) => {
  const resized = (picture: RgbPicture, height: number, width: number, by: Interpolation) =>
    resample(picture, [height, width], by)
  equalsPillow(t, 'resample', resized)
})

test('half the width is a mean with weights 1 3 3 1', (t) => {
  const picture = greyPicture([[0, 80, 80, 0, 0, 0]])
  // (3 x 0 + 3 x 80 + 80) / 7, (80 + 3 x 80 + 0 + 0) / 8, (0 + 0 + 0) / 7
  t.deepEqual(redRows(resample(picture, [1, 3], 'bilinear')), [[46, 40, 0]])
})

for (const interpolation of ['bilinear', 'bicubic'] as const) {
  test(`${interpolation}: one colour stays, at any size`, (t) => {
    for (const size of [[1, 1] as const, [13, 2] as const, [40, 40] as const]) {
      const flat = blankPicture([7, 9], [255, 128, 0])
      t.deepEqual(resample(flat, size, interpolation), blankPicture(size, [255, 128, 0]))
    }
  })

  test(`${interpolation}: a mirrored picture gives the mirrored result`, (t) => {
    const picture = noisyPicture([9, 14])
    const resized = mirror(resample(picture, [5, 8], interpolation))
    t.deepEqual(resample(mirror(picture), [5, 8], interpolation), resized)
  })

  test(`${interpolation}: the same size gives the same picture, one pixel fills any`, (t) => {
    const picture = noisyPicture([6, 5])
    t.is(resample(picture, [6, 5], interpolation), picture)
    const dot = blankPicture([1, 1], [1, 2, 3])
    t.deepEqual(resample(dot, [4, 3], interpolation), blankPicture([4, 3], [1, 2, 3]))
  })
}
