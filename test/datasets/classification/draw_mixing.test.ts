import test from 'ava'
import {
  cutmixOf,
  drawMixing,
  type MixingOptions,
} from '../../../datasets/classification/draw_mixing.js'
import { Random } from '../../../random/random.js'
import { DRAWS } from './timm_draws.js'

const UNMIXED = { boxXyxy: [0, 0, 0, 0], pixelShare: 1, targetShare: 1 }

function drawMany(options: MixingOptions, count = 4000) {
  const random = new Random(6, 'draw_mixing.test')
  return Array.from({ length: count }, () => drawMixing([40, 60], options, random))
}

const isCutmix = ({ pixelShare }: { pixelShare: number }) => pixelShare === 1

test('boxes and shares of CutMix are those of timm 1.0.29', (t) => {
  for (const { size, share, y, x, box, targetShare } of DRAWS.cutmix) {
    t.deepEqual(cutmixOf(size, { share, y, x }), { boxXyxy: box, pixelShare: 1, targetShare })
  }
})

test('a share of 1 cuts nothing, of 0 all that its middle reaches', (t) => {
  t.deepEqual(cutmixOf([10, 20], { share: 1, y: 3, x: 4 }).targetShare, 1)
  t.deepEqual(cutmixOf([10, 20], { share: 0, y: 5, x: 10 }), {
    boxXyxy: [0, 0, 20, 10],
    pixelShare: 1,
    targetShare: 0,
  })
  t.deepEqual(cutmixOf([10, 20], { share: 0, y: 0, x: 0 }).boxXyxy, [0, 0, 10, 5])
})

test('shares of mixup are those of a beta distribution', (t) => {
  const shares = drawMany({ mixupAlpha: 0.8 }).map(({ pixelShare, targetShare }) => {
    t.is(pixelShare, targetShare)
    return pixelShare
  })
  t.true(shares.every((share) => share >= 0 && share <= 1))
  const mean = shares.reduce((sum, share) => sum + share) / shares.length
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length
  t.true(Math.abs(mean - 0.5) < 0.02)
  // 1 / (4 (2 alpha + 1))
  t.true(Math.abs(variance - 1 / 10.4) < 0.006)
})

test('half of the batches are CutMix where both are asked for, or as many as is said', (t) => {
  const shareOf = (options: MixingOptions) => drawMany(options).filter(isCutmix).length / 4000
  const both = { mixupAlpha: 0.8, cutmixAlpha: 1 }
  t.true(Math.abs(shareOf(both) - 0.5) < 0.03)
  t.true(Math.abs(shareOf({ ...both, switchProbability: 0.2 }) - 0.2) < 0.03)
  t.is(shareOf({ cutmixAlpha: 1 }), 1)
  t.is(shareOf({ mixupAlpha: 1 }), 0)
})

test('some batches are not mixed', (t) => {
  const drawn = drawMany({ mixupAlpha: 0.8, probability: 0.3 })
  const unmixed = drawn.filter(({ targetShare }) => targetShare === 1)
  t.true(Math.abs(unmixed.length / 4000 - 0.7) < 0.03)
  t.deepEqual(unmixed[0], UNMIXED)
  t.deepEqual(drawMany({ mixupAlpha: 1, probability: 0 }, 1), [UNMIXED])
})

test('boxes of CutMix lie in the picture, and their share is what is left', (t) => {
  for (const { boxXyxy, targetShare } of drawMany({ cutmixAlpha: 1 }, 500)) {
    const [x1, y1, x2, y2] = boxXyxy
    t.true(x1 >= 0 && y1 >= 0 && x2 <= 60 && y2 <= 40 && x1 <= x2 && y1 <= y2)
    t.is(targetShare, 1 - ((x2 - x1) * (y2 - y1)) / 2400)
  }
})
