import test from 'ava'
import { drawBatchImage } from '../../drawing/draw_batch.js'
import { classColor } from '../../drawing/palette.js'
import { objectBatch } from '../datasets/object_batch.js'
import { pixelAt } from './blank_image.js'

const CLASSES = ['cat', 'dog']

test('an image of a batch is drawn with its objects, and a line where its padding begins', async (t) => {
  const batch = objectBatch([
    { size: [60, 90], boxes: [[10, 10, 40, 40]], labels: [0] },
    { size: [50, 80], boxes: [[20, 15, 70, 45]], labels: [1] },
  ])
  const drawn = await drawBatchImage(batch.tensors, 1, CLASSES)
  t.deepEqual([drawn.height, drawn.width], [64, 96])
  t.deepEqual(pixelAt(drawn, 80, 5), [0, 255, 255])
  t.deepEqual(pixelAt(drawn, 5, 50), [0, 255, 255])
  t.deepEqual(pixelAt(drawn, 90, 60), [0, 0, 0])
  t.deepEqual(pixelAt(drawn, 69, 30), [...classColor(1)])
})

test('pixels are those of the image, and masks lie on their objects', async (t) => {
  const { tensors } = objectBatch([{ size: [64, 64], boxes: [[16, 16, 56, 56]], labels: [0] }])
  const [, height, width] = tensors.images.shape
  const image = { data: tensors.images.data as Uint8Array, height, width }
  const { masks: _masks, ...boxesOnly } = tensors
  const [drawn, plain] = await Promise.all([
    drawBatchImage(tensors, 0, CLASSES),
    drawBatchImage(boxesOnly, 0, CLASSES),
  ])
  t.deepEqual(pixelAt(drawn, 4, 60), pixelAt(image, 4, 60))
  t.deepEqual(pixelAt(plain, 36, 36), pixelAt(image, 36, 36))
  const mixed = pixelAt(image, 36, 36).map((value, i) =>
    Math.round(value + (classColor(0)[i] - value) * 0.45),
  )
  t.deepEqual(pixelAt(drawn, 36, 36), mixed)
  // The corners of an octagon are cut off.
  t.deepEqual(pixelAt(drawn, 19, 52), pixelAt(image, 19, 52))
})
