import test from 'ava'
import { frameMask } from '../../drawing/frame_mask.js'

test('a cell covers the pixels of its part of the frame', (t) => {
  const cells = [255, 0, 127, 128]
  const { data, size } = frameMask(cells, [1, 0, 5, 4], [4, 6])
  t.deepEqual(size, [4, 6])
  t.deepEqual(
    Array.from(data),
    [
      [0, 1, 1, 0, 0, 0],
      [0, 1, 1, 0, 0, 0],
      [0, 0, 0, 1, 1, 0],
      [0, 0, 0, 1, 1, 0],
    ].flat(),
  )
})

test('what reaches past the image is left out', (t) => {
  const { data } = frameMask([255, 255, 255, 255], [-1, 1, 1, 3], [2, 2])
  t.deepEqual(Array.from(data), [0, 0, 1, 0])
})
