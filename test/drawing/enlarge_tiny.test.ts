import test from 'ava'
import { enlargeTiny } from '../../drawing/enlarge_tiny.js'
import { blankImage, pixelAt } from './blank_image.js'

test('each pixel of a tiny picture becomes a square, of larger ones nothing is changed', (t) => {
  const tiny = blankImage(100, 2)
  tiny.data.set([1, 2, 3], 3 * (100 + 99))
  const large = enlargeTiny(tiny)
  t.deepEqual([large.width, large.height], [300, 6])
  t.deepEqual(pixelAt(large, 297, 3), [1, 2, 3])
  t.deepEqual(pixelAt(large, 299, 5), [1, 2, 3])
  t.deepEqual(pixelAt(large, 296, 5), [0, 0, 0])
  t.deepEqual(pixelAt(large, 299, 2), [0, 0, 0])
  const image = blankImage(256, 10)
  t.is(enlargeTiny(image), image)
})
