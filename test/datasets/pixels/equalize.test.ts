import test from 'ava'
import { equalize } from '../../../datasets/pixels/equalize.js'
import { blankPicture } from '../../../datasets/pixels/rgb.js'
import { toneCounts } from '../../../datasets/pixels/tone_curve.js'
import { greyPicture, noisyPicture, redRows } from './pictures.js'
import { equalsPillow } from './pillow_cases.js'

test('values are spread as by Pillow 12.3.0 to the bit', (t) => {
  equalsPillow(t, 'equalize', equalize)
})

test('three values that are equally frequent are spread over the range', (t) => {
  const row = [10, 11, 12].flatMap((value) => Array.from({ length: 255 }, () => value))
  // 765 pixels, 510 of them below the largest value: a step of 2, and half a step at the start.
  const [spread] = redRows(equalize(greyPicture([row])))
  t.deepEqual([spread[0], spread[255], spread[510]], [0, 128, 255])
})

test('values keep their order, and dark pictures use the whole range', (t) => {
  const dark = noisyPicture([40, 40])
  dark.pixels.forEach((value, i) => {
    dark.pixels[i] = value >> 3
  })
  const spread = equalize(dark)
  const [red] = toneCounts(spread)
  t.true(red.findLastIndex((count) => count > 0) > 240)
  for (let i = 3; i < dark.pixels.length; i += 3) {
    const before = Math.sign(dark.pixels[i] - dark.pixels[i - 3])
    if (before !== Math.sign(spread.pixels[i] - spread.pixels[i - 3])) return t.fail(`at ${i}`)
  }
})

test('a picture of one colour, of one pixel or of few pixels stays', (t) => {
  const pictures = [
    blankPicture([1, 1], [9, 0, 255]),
    blankPicture([30, 40], [9, 0, 255]),
    noisyPicture([10, 10]),
  ]
  for (const picture of pictures) t.deepEqual(equalize(picture), picture)
})
