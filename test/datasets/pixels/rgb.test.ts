import test from 'ava'
import { blankPicture } from '../../../datasets/pixels/rgb.js'

test('a blank picture is black, or of the colour that is given', (t) => {
  t.deepEqual(blankPicture([2, 1]), { pixels: new Uint8Array(6), size: [2, 1] })
  const pixels = Uint8Array.of(0, 2, 3, 0, 2, 3)
  t.deepEqual(blankPicture([1, 2], [0, 2, 3]), { pixels, size: [1, 2] })
  t.is(blankPicture([0, 5], [1, 1, 1]).pixels.length, 0)
})
