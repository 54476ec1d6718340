import test from 'ava'
import { mirror } from '../../../datasets/pixels/crop.js'
import { tenCrop } from '../../../datasets/pixels/ten_crop.js'
import { digestOf, greyPicture, noisyPicture, patternedPicture, redRows } from './pictures.js'
import { CROPS } from './torchvision_crops.js'

test('ten crops are those of torchvision 0.29.1, in its order', (t) => {
  for (const { size, part, digests } of CROPS.tenCrop) {
    t.deepEqual(tenCrop(patternedPicture(size), part).map(digestOf), digests)
  }
})

test('corners, the middle, and the same of the mirror image', (t) => {
  const rows = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]
  const crops = tenCrop(greyPicture(rows), [1, 1]).flatMap((part) => redRows(part).flat())
  t.deepEqual(crops, [1, 3, 7, 9, 5, 3, 1, 9, 7, 5])
})

test('crops of the whole picture are it and its mirror image', (t) => {
  const picture = noisyPicture([4, 5])
  const crops = tenCrop(picture, [4, 5])
  t.deepEqual(crops.slice(0, 5), Array(5).fill(picture))
  t.deepEqual(crops.slice(5), Array(5).fill(mirror(picture)))
})

test('a size larger than the picture is refused', (t) => {
  t.throws(() => tenCrop(noisyPicture([4, 5]), [5, 5]), {
    instanceOf: RangeError,
    message: 'tenCrop: size is [5, 5], but the picture has [4, 5]; give a size within it',
  })
})
