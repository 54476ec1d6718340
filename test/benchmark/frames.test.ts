import test from 'ava'
import { benchmarkFrames, makePreprocess } from '../../benchmark/frames.js'

test('an image of 480 x 640 fits into 800 x 1280 as 800 x 1067', (t) => {
  const frames = benchmarkFrames([800, 1280], 2)
  t.deepEqual([...frames.imageSizes.data], [800, 1067, 800, 1067])
  t.deepEqual(frames.scaleFactors.shape, [2, 4])
  const [x, y] = frames.scaleFactors.data
  t.deepEqual([x, y], [Math.fround(1067 / 640), Math.fround(800 / 480)])
})

test('it is turned for an input that is taller than wide', (t) => {
  const { originalSize, size } = benchmarkFrames([160, 128], 1)
  t.deepEqual(originalSize, [640, 480])
  t.deepEqual(size, [160, 120])
})

test('images fill their part of the batch, and padding is zero', (t) => {
  const batch = makePreprocess(benchmarkFrames([24, 48], 2), 0)() // 480 x 640 becomes 24 x 32
  t.deepEqual(batch.shape, [2, 24, 48, 3])
  const pixelSum = (from: number, to: number) => {
    let sum = 0
    for (let row = 0; row < 48; row++) {
      const values = batch.data.subarray((row * 48 + from) * 3, (row * 48 + to) * 3)
      for (const value of values) sum += value
    }
    return sum
  }
  t.is(pixelSum(32, 48), 0)
  const mean = pixelSum(0, 32) / (48 * 32 * 3)
  t.true(Math.abs(mean - 127.5) < 5, `${mean}`)
})

test('another seed draws other images', (t) => {
  const [a, b, c] = [0, 0, 1].map((seed) => makePreprocess(benchmarkFrames([24, 48], 1), seed)())
  t.deepEqual(a, b)
  t.notDeepEqual(a, c)
})
