import test from 'ava'
import { drawErasing, drawNoise } from '../../../datasets/classification/draw_erasing.js'
import { Random } from '../../../random/random.js'
import { DRAWS, scripted } from './timm_draws.js'

test('given random numbers give the boxes of timm 1.0.29', (t) => {
  for (const { size, uniforms, box } of DRAWS.erasing) {
    t.deepEqual(drawErasing(size, { probability: 0.5 }, scripted(uniforms)), box)
  }
})

test('a quarter of the pictures have a box, of an area and a shape within their limits', (t) => {
  const random = new Random(8, 'draw_erasing.test')
  const draw = () => drawErasing([224, 200], { probability: 0.25 }, random)
  const boxes = Array.from({ length: 4000 }, draw).filter((box) => box[2] > 0)
  t.true(Math.abs(boxes.length / 4000 - 0.25) < 0.025)
  for (const [x1, y1, x2, y2] of boxes) {
    t.true(x1 >= 0 && y1 >= 0 && x2 <= 200 && y2 <= 224)
    const share = ((x2 - x1) * (y2 - y1)) / (224 * 200)
    t.true(share > 0.0195 && share < 0.34)
    const aspect = (y2 - y1) / (x2 - x1)
    t.true(aspect > 0.29 && aspect < 3.45)
  }
})

test('a probability of 0 erases nothing, of 1 something of each', (t) => {
  const random = new Random(9, 'draw_erasing.test')
  for (let i = 0; i < 200; i++) {
    t.deepEqual(drawErasing([64, 64], { probability: 0 }, random), [0, 0, 0, 0])
    t.true(drawErasing([64, 64], { probability: 1 }, random)[2] > 0)
  }
})

test('the box of a picture of one pixel is empty', (t) => {
  const random = new Random(9, 'draw_erasing.test')
  const [x1, y1, x2, y2] = drawErasing([1, 1], { probability: 1 }, random)
  t.is((x2 - x1) * (y2 - y1), 0)
})

test('noise is standard normal, three numbers for each pixel', (t) => {
  const noise = drawNoise([30, 40], new Random(1, 'draw_erasing.test'))
  t.is(noise.length, 3600)
  const mean = noise.reduce((sum, value) => sum + value) / 3600
  const variance = noise.reduce((sum, value) => sum + value ** 2, 0) / 3600
  t.true(Math.abs(mean) < 0.06 && Math.abs(variance - 1) < 0.1)
})
