/** What `npm run bench:train` trains on. */
import test from 'ava'
import { randomBatch } from '../../bench/random_batch.js'

const OPTIONS = { shape: [96, 128] as [number, number], objects: 5, numClasses: 3 }

test('the peers are given the objects of the batch, without its padding', (t) => {
  const { tensors, boxes, labels } = randomBatch({ ...OPTIONS, masks: false })
  t.deepEqual(tensors.images.shape, [1, 96, 128, 3])
  t.deepEqual(tensors.labels.shape, [1, 8])
  t.deepEqual([...tensors.labels.data], [...labels[0], -1, -1, -1])
  t.deepEqual([...tensors.boxesXyxy.data.slice(0, 20)], boxes[0].flat().map(Math.fround))
  t.false('masks' in tensors)
  for (const [x1, y1, x2, y2] of boxes[0]) t.true(x1 >= 0 && y1 >= 0 && x2 <= 128 && y2 <= 96)
})

test('an object fills the ellipse in its box', (t) => {
  const { tensors, boxes } = randomBatch({ ...OPTIONS, masks: true })
  const { masks, maskFramesXyxy } = tensors
  const side = 112
  t.deepEqual(masks?.shape, [1, 8, side, side])
  for (const [i, [x1, y1, x2, y2]] of boxes[0].entries()) {
    const cells = Array.from(masks?.data.slice(i * side ** 2, (i + 1) * side ** 2) ?? [])
    const [left, top] = maskFramesXyxy?.data.slice(4 * i) ?? []
    // A cell is a pixel
    const at = (x: number, y: number) => cells[Math.floor(y - top) * side + Math.floor(x - left)]
    t.is(at((x1 + x2) / 2, (y1 + y2) / 2), 255)
    t.is(at(x1 + 1, y1 + 1), 0)
    const area = cells.reduce((sum, cell) => sum + cell / 255, 0)
    const wanted = (Math.PI / 4) * (x2 - x1) * (y2 - y1)
    t.true(Math.abs(area / wanted - 1) < 0.05, `${area} pixels, ${wanted} expected`)
  }
})
