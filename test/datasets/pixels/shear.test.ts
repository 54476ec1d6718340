import test from 'ava'
import type { Interpolation } from '../../../datasets/pixels/resample.js'
import type { RgbPicture } from '../../../datasets/pixels/rgb.js'
import { shearX, shearY } from '../../../datasets/pixels/shear.js'
import { greyPicture, noisyPicture, redRows } from './pictures.js'
import { equalsPillow, FILL } from './pillow_cases.js'

const BICUBIC = { interpolation: 'bicubic' } as const

for (const [name, shear] of Object.entries({ shearX, shearY })) {
  test(`${name} is that of timm 1.0.29 on Pillow 12.3.0 to the bit`, (t) => {
    const filled = (picture: RgbPicture, factor: number, interpolation: Interpolation) =>
      shear(picture, factor, { interpolation, fill: FILL })
    equalsPillow(t, name, filled)
  })

  test(`${name} by 0 changes nothing`, (t) => {
    const picture = noisyPicture([4, 6])
    t.deepEqual(shear(picture, 0, BICUBIC), picture)
  })
}

test('a factor of 2 moves each row two columns to the left of the one above', (t) => {
  const rows = [0, 1, 2].map(() => [1, 2, 3, 4, 5, 6, 7, 8])
  t.deepEqual(redRows(shearX(greyPicture(rows), 2, BICUBIC)), [
    [2, 3, 4, 5, 6, 7, 8, 0],
    [4, 5, 6, 7, 8, 0, 0, 0],
    [6, 7, 8, 0, 0, 0, 0, 0],
  ])
})

test('both shears are one, of the transposed picture', (t) => {
  const rows = redRows(noisyPicture([9, 7]))
  const transposed = (of: number[][]) => of[0].map((_, x) => of.map((row) => row[x]))
  const along = redRows(shearX(greyPicture(rows), 0.23, BICUBIC))
  const down = redRows(shearY(greyPicture(transposed(rows)), 0.23, BICUBIC))
  t.deepEqual(transposed(down), along)
})
