import test from 'ava'
import { blankPicture } from '../../../datasets/pixels/rgb.js'
import { adjustSharpness } from '../../../datasets/pixels/sharpness.js'
import { greyPicture, noisyPicture, redRows } from './pictures.js'
import { equalsPillow } from './pillow_cases.js'

test("sharpness is Pillow 12.3.0's to the bit", (t) => {
  equalsPillow(t, 'adjustSharpness', adjustSharpness)
})

test('0 smooths, 1 keeps, 2 mirrors the difference; the outermost pixels stay', (t) => {
  const rows = [
    [10, 20, 30],
    [40, 130, 60],
    [70, 80, 90],
  ]
  const middle = (factor: number) => redRows(adjustSharpness(greyPicture(rows), factor))
  // (400 + 5 x 130) / 13 = 80.8
  t.deepEqual(middle(0), [rows[0], [40, 81, 60], rows[2]])
  t.deepEqual(middle(1), rows)
  t.deepEqual(middle(2), [rows[0], [40, 179, 60], rows[2]])
})

test('pictures of one colour stay, and so do those of less than three pixels', (t) => {
  const flat = blankPicture([5, 6], [3, 77, 255])
  const small = [noisyPicture([1, 1]), noisyPicture([2, 9]), noisyPicture([9, 2])]
  for (const picture of [flat, ...small]) t.deepEqual(adjustSharpness(picture, 1.9), picture)
})
