import test from 'ava'
import { mapTones, toneCounts, toneCurve } from '../../../datasets/pixels/tone_curve.js'
import { noisyPicture, pictureOf } from './pictures.js'

test('a curve is cut to whole numbers and limited to bytes', (t) => {
  const curve = toneCurve((value) => value * 1.5 - 10)
  t.is(curve.length, 256)
  t.deepEqual([curve[0], curve[6], curve[7], curve[101], curve[255]], [0, 0, 0, 141, 255])
})

test('each channel is mapped by its own curve', (t) => {
  const curves = [0, 1, 2].map((channel) => toneCurve((value) => value + channel))
  const [red, green, blue] = curves
  const mapped = mapTones(pictureOf([1, 2], [1, 2, 3, 4, 5, 255]), [red, green, blue])
  t.deepEqual([...mapped.pixels], [1, 3, 5, 4, 6, 255])
  t.deepEqual(mapped.size, [1, 2])
})

test('the counts of each channel add up to the pixels', (t) => {
  const [red, green, blue] = toneCounts(pictureOf([1, 3], [1, 2, 3, 1, 5, 3, 0, 2, 3]))
  t.deepEqual([red[0], red[1], green[2], green[5], blue[3]], [1, 2, 2, 1, 3])
  for (const counts of toneCounts(noisyPicture([5, 7]))) {
    t.is(
      counts.reduce((sum, count) => sum + count),
      35,
    )
  }
})
