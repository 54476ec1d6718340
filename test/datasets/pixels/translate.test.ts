import test from 'ava'
import type { Interpolation } from '../../../datasets/pixels/resample.js'
import type { RgbPicture } from '../../../datasets/pixels/rgb.js'
import { translateX, translateY } from '../../../datasets/pixels/translate.js'
import { greyPicture, noisyPicture, redRows } from './pictures.js'
import { equalsPillow, FILL } from './pillow_cases.js'

const BICUBIC = { interpolation: 'bicubic' } as const

for (const [name, translate] of Object.entries({ translateX, translateY })) {
  test(`${name} is that of timm 1.0.29 on Pillow 12.3.0 to the bit`, (t) => {
    const filled = (picture: RgbPicture, share: number, interpolation: Interpolation) =>
      translate(picture, share, { interpolation, fill: FILL })
    equalsPillow(t, name, filled)
  })

  test(`${name} by 0 changes nothing`, (t) => {
    const picture = noisyPicture([4, 6])
    t.deepEqual(translate(picture, 0, BICUBIC), picture)
  })
}

test('a share of the width moves to the left, one below 0 to the right', (t) => {
  const picture = greyPicture([[1, 2, 3, 4]])
  t.deepEqual(redRows(translateX(picture, 0.25, BICUBIC)), [[2, 3, 4, 0]])
  t.deepEqual(redRows(translateX(picture, -0.5, BICUBIC)), [[0, 0, 1, 2]])
})

test('a share of the height moves up', (t) => {
  t.deepEqual(redRows(translateY(greyPicture([[1], [2], [3], [4]]), 0.25, BICUBIC)), [
    [2],
    [3],
    [4],
    [0],
  ])
})
