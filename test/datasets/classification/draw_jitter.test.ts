import test from 'ava'
import {
  applyJitter,
  type ColorJitterOptions,
  drawJitter,
} from '../../../datasets/classification/draw_jitter.js'
import { adjustBrightness, adjustColor, adjustContrast } from '../../../datasets/pixels/enhance.js'
import { Random } from '../../../random/random.js'
import { noisyPicture } from '../pixels/pictures.js'

function drawMany(options: ColorJitterOptions) {
  const random = new Random(3, 'draw_jitter.test')
  return Array.from({ length: 3000 }, () => drawJitter(options, random))
}

test('factors are uniform from 1 - x, or 0, to 1 + x', (t) => {
  const drawn = drawMany({ brightness: 0.4, contrast: 1.5, saturation: 1 }).flat()
  const ranges = { brightness: [0.6, 1.4], contrast: [0, 2.5], saturation: [0, 2] }
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const factors = drawn.filter((one) => one.name === name).map(({ factor }) => factor)
    t.is(factors.length, 3000)
    t.true(factors.every((factor) => factor >= least && factor <= most))
    const width = most - least
    for (let quarter = 0; quarter < 4; quarter++) {
      const from = least + (quarter / 4) * width
      const share = factors.filter((f) => f >= from && f < from + width / 4).length / 3000
      t.true(Math.abs(share - 0.25) < 0.04, `${name}: ${share}`)
    }
  }
})

test('all six orders are as likely', (t) => {
  const orders = new Map<string, number>()
  for (const drawn of drawMany({ brightness: 0.4, contrast: 0.4, saturation: 0.4 })) {
    const order = drawn.map(({ name }) => name[0]).join('')
    orders.set(order, (orders.get(order) ?? 0) + 1)
  }
  t.is(orders.size, 6)
  for (const count of orders.values()) t.true(Math.abs(count / 3000 - 1 / 6) < 0.04)
})

test('what has no range is not changed', (t) => {
  const random = new Random(4, 'draw_jitter.test')
  t.deepEqual(drawJitter({}, random), [])
  const [only, ...others] = drawJitter({ contrast: 0.2, brightness: 0 }, random)
  t.is(only.name, 'contrast')
  t.deepEqual(others, [])
})

test('adjustments are applied in their order', (t) => {
  const picture = noisyPicture([5, 4])
  t.is(applyJitter(picture, []), picture)
  const drawn = [
    { name: 'contrast', factor: 1.3 },
    { name: 'saturation', factor: 0.4 },
    { name: 'brightness', factor: 0.8 },
  ] as const
  const adjusted = adjustBrightness(adjustColor(adjustContrast(picture, 1.3), 0.4), 0.8)
  t.deepEqual(applyJitter(picture, drawn), adjusted)
})
