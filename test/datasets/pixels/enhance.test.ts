import test from 'ava'
import { adjustBrightness, adjustColor, adjustContrast } from '../../../datasets/pixels/enhance.js'
import { blankPicture } from '../../../datasets/pixels/rgb.js'
import { greyPicture, noisyPicture, pictureOf, redRows } from './pictures.js'
import { equalsPillow } from './pillow_cases.js'

const ADJUSTMENTS = { adjustBrightness, adjustColor, adjustContrast }

for (const [name, adjust] of Object.entries(ADJUSTMENTS)) {
  test(`${name} is Pillow 12.3.0's to the bit`, (t) => {
    equalsPillow(t, name, adjust)
  })

  test(`${name} by 1 changes nothing`, (t) => {
    const picture = noisyPicture([7, 6])
    t.deepEqual(adjust(picture, 1), picture)
  })
}

test('brightness multiplies, and gives black at 0', (t) => {
  t.deepEqual(redRows(adjustBrightness(greyPicture([[0, 3, 101, 200]]), 1.5)), [[0, 4, 151, 255]])
  t.deepEqual(adjustBrightness(noisyPicture([3, 2]), 0), blankPicture([3, 2]))
})

test('contrast moves values away from the rounded mean, which stays', (t) => {
  const picture = greyPicture([[100, 101, 150, 52]]) // mean 100.75
  t.deepEqual(redRows(adjustContrast(picture, 2)), [[99, 101, 199, 3]])
  t.deepEqual(redRows(adjustContrast(picture, 0)), [[101, 101, 101, 101]])
})

test('colours of factor 0 are grey as bright as they look, and greys stay', (t) => {
  const primaries = pictureOf([1, 3], [255, 0, 0, 0, 255, 0, 0, 0, 255])
  t.deepEqual([...adjustColor(primaries, 0).pixels], [76, 76, 76, 150, 150, 150, 29, 29, 29])
  const grey = greyPicture([[0, 1, 77, 254, 255]])
  for (const factor of [0, 0.3, 1.7]) t.deepEqual(adjustColor(grey, factor), grey)
})
