import test from 'ava'
import { drawResizedCrop } from '../../../datasets/classification/draw_crop.js'
import { Random } from '../../../random/random.js'
import { DRAWS, scripted } from './timm_draws.js'

const RATIO = [3 / 4, 4 / 3] as const

test('given random numbers give the parts of torchvision 0.29.1', (t) => {
  for (const { size, scale, uniforms, part } of DRAWS.crop) {
    t.deepEqual(drawResizedCrop(size, { scale, ratio: RATIO }, scripted(uniforms)), part)
  }
})

test('parts lie in the picture, of an area and a shape within their limits', (t) => {
  const random = new Random(2, 'draw_crop.test')
  const [height, width] = [300, 400]
  const shares: number[] = []
  for (let i = 0; i < 2000; i++) {
    const part = drawResizedCrop([height, width], { scale: [0.08, 1], ratio: RATIO }, random)
    t.true(part.top >= 0 && part.top + part.height <= height)
    t.true(part.left >= 0 && part.left + part.width <= width)
    const shape = part.width / part.height
    t.true(shape > 0.74 && shape < 1.35)
    shares.push((part.width * part.height) / (height * width))
  }
  t.true(Math.min(...shares) > 0.078 && Math.min(...shares) < 0.09)
  t.true(Math.max(...shares) > 0.95)
})

test('where nothing fits it is the middle, in the nearest shape that is allowed', (t) => {
  const options = { scale: [1, 1], ratio: RATIO } as const
  const draw = (size: readonly [number, number]) =>
    drawResizedCrop(size, options, new Random(1, 'draw_crop.test'))
  t.deepEqual(draw([30, 300]), { top: 0, left: 130, height: 30, width: 40 })
  t.deepEqual(draw([300, 30]), { top: 130, left: 0, height: 40, width: 30 })
})

test('a picture of one pixel is its own part', (t) => {
  const options = { scale: [0.08, 1], ratio: RATIO } as const
  const part = drawResizedCrop([1, 1], options, new Random(1, 'draw_crop.test'))
  t.deepEqual(part, { top: 0, left: 0, height: 1, width: 1 })
})
