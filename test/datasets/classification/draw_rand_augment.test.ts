import test from 'ava'
import {
  applyRandAugment,
  type DrawnOp,
  drawRandAugment,
  type RandAugmentOptions,
} from '../../../datasets/classification/draw_rand_augment.js'
import { INCREASING_OPS } from '../../../datasets/classification/rand_augment_ops.js'
import { rotate } from '../../../datasets/pixels/rotate.js'
import { invert } from '../../../datasets/pixels/tones.js'
import { Random } from '../../../random/random.js'
import { noisyPicture } from '../pixels/pictures.js'
import { scripted } from './timm_draws.js'

const PICTURES = 6000

function drawMany(options: RandAugmentOptions): DrawnOp[][] {
  const random = new Random(5, 'draw_rand_augment.test')
  return Array.from({ length: PICTURES }, () => drawRandAugment(options, random))
}

test('an operation is drawn, applied or not, then its level and its sign', (t) => {
  const first = { name: 'rotate', argument: 21 } as const
  // 3 of 15, applied, positive; 2 of 15, applied, negative
  const uniforms = [3.5 / 15, 0.49, 0.2, 2.5 / 15, 0.49, 0.8]
  t.deepEqual(drawRandAugment({ magnitude: 7 }, scripted(uniforms)), [first, { name: 'invert' }])
  // the first is left out, so neither level nor sign is drawn for it
  const other = scripted([3.5 / 15, 0.5, 3.5 / 15, 0.1, 0.8])
  t.deepEqual(drawRandAugment({ magnitude: 7 }, other), [{ name: 'rotate', argument: -21 }])
})

test('each of the 15 operations is as likely, and half of them are left out', (t) => {
  const drawn = drawMany({ magnitude: 7 })
  const counts = new Map<string, number>()
  for (const { name } of drawn.flat()) counts.set(name, (counts.get(name) ?? 0) + 1)
  t.is(counts.size, 15)
  // 400 of each in the mean, with a standard deviation of 20
  for (const [name, count] of counts) t.true(Math.abs(count - 400) < 90, `${name}: ${count}`)
  const unchanged = drawn.filter((ops) => ops.length === 0).length
  t.true(Math.abs(unchanged / PICTURES - 0.25) < 0.02)
  t.true(drawn.some(([one, two]) => two !== undefined && one.name === two.name))
})

test('arguments lie in the ranges of timm, both signs as often', (t) => {
  const ranges: Record<string, [least: number, most: number]> = {
    rotate: [-30, 30],
    posterize: [0, 4],
    solarize: [0, 256],
    solarizeAdd: [0, 110],
    color: [0.1, 1.9],
    contrast: [0.1, 1.9],
    brightness: [0.1, 1.9],
    sharpness: [0.1, 1.9],
    shearX: [-0.3, 0.3],
    shearY: [-0.3, 0.3],
    translateX: [-0.45, 0.45],
    translateY: [-0.45, 0.45],
  }
  for (const increasing of [true, false]) {
    const drawn = drawMany({ magnitude: 7, magnitudeStd: 4, increasing }).flat()
    for (const [name, [least, most]] of Object.entries(ranges)) {
      const ofName = drawn.filter((op) => op.name === name).map(({ argument }) => argument!)
      t.true(
        ofName.every((argument) => argument >= least && argument < most + 1e-9),
        name,
      )
      if (least >= 0) continue
      const share = ofName.filter((argument) => argument < 0).length / ofName.length
      t.true(Math.abs(share - 0.5) < 0.12, name)
    }
  }
})

test('levels are normal around the magnitude, cut off at 0 and 10', (t) => {
  const levelsOf = (options: RandAugmentOptions) =>
    drawMany(options)
      .flat()
      .filter(({ name }) => name === 'rotate')
      .map(({ argument }) => Math.abs(argument!) / 3)
  const levels = levelsOf({ magnitude: 7, numOps: 6 })
  const mean = levels.reduce((sum, level) => sum + level) / levels.length
  const variance = levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / levels.length
  t.true(Math.abs(mean - 7) < 0.06)
  t.true(Math.abs(Math.sqrt(variance) - 0.5) < 0.05)
  const high = levelsOf({ magnitude: 10, numOps: 6 })
  t.true(high.every((level) => level <= 10 + 1e-9))
  t.true(Math.abs(high.filter((level) => level > 10 - 1e-9).length / high.length - 0.5) < 0.08)
})

test('without a deviation the level is the magnitude', (t) => {
  const drawn = drawMany({ magnitude: 7, magnitudeStd: 0 }).flat()
  const bits = drawn.filter(({ name }) => name === 'posterize')
  t.true(bits.every(({ argument }) => argument === 2))
  const plain = drawMany({ magnitude: 4, magnitudeStd: 0, increasing: false }).flat()
  const thresholds = plain.filter(({ name }) => name === 'solarize')
  t.true(thresholds.every(({ argument }) => argument === 102))
})

test('as many operations are drawn as asked for, the same ones from the same stream', (t) => {
  const draw = (numOps: number) =>
    drawRandAugment({ magnitude: 7, numOps }, new Random(1, 'same stream'))
  t.deepEqual(draw(0), [])
  t.deepEqual(draw(20), draw(20))
  t.true(draw(40).length > 8 && draw(40).length < 32)
})

test('operations are applied in their order; none gives the picture', (t) => {
  const picture = noisyPicture([9, 9])
  t.is(applyRandAugment(picture, []), picture)
  const fill = [124, 116, 104] as const
  const turned = rotate(picture, 21, { interpolation: 'bicubic', fill })
  const drawn = [{ name: 'rotate', argument: 21 }, { name: 'invert' }] as const
  t.deepEqual(applyRandAugment(picture, drawn), invert(turned))
  const [first, second] = drawn
  t.notDeepEqual(applyRandAugment(picture, [second, first]), invert(turned))
  t.deepEqual(applyRandAugment(picture, [second]), INCREASING_OPS.invert.apply(picture))
})
