import test from 'ava'
import { autoContrast } from '../../../datasets/pixels/auto_contrast.js'
import { blankPicture } from '../../../datasets/pixels/rgb.js'
import { invert } from '../../../datasets/pixels/tones.js'
import { greyPicture, noisyPicture, pictureOf, redRows } from './pictures.js'
import { equalsPillow } from './pillow_cases.js'

test('contrast is stretched as by Pillow 12.3.0 to the bit', (t) => {
  equalsPillow(t, 'autoContrast', autoContrast)
})

test('the least value becomes 0, the largest 255, those between are stretched', (t) => {
  t.deepEqual(redRows(autoContrast(greyPicture([[50, 75, 101]]))), [[0, 125, 255]])
})

test('a largest value that floats miss is one less, as in Pillow', (t) => {
  // 100 x 5.1 - 50 x 5.1 is 254.99999999999997.
  t.deepEqual(redRows(autoContrast(greyPicture([[50, 100]]))), [[0, 254]])
})

test('channels are stretched apart', (t) => {
  const picture = pictureOf([1, 2], [0, 9, 7, 255, 10, 7])
  t.deepEqual([...autoContrast(picture).pixels], [0, 0, 7, 255, 255, 7])
})

test('a second time changes nothing', (t) => {
  const once = autoContrast(greyPicture([[50, 75, 101, 60]]))
  t.deepEqual(autoContrast(once), once)
  const full = noisyPicture([40, 40])
  t.deepEqual(autoContrast(invert(full)), invert(full))
})

test('a picture of one colour, or of one pixel, stays', (t) => {
  for (const size of [[1, 1] as const, [3, 4] as const]) {
    t.deepEqual(autoContrast(blankPicture(size, [9, 0, 255])), blankPicture(size, [9, 0, 255]))
  }
})
