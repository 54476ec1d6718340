import test from 'ava'
import { testInput } from '../../datasets/classification/render_crops.js'
import { testPart } from '../../evaluation/test_part.js'

/** A picture whose red and green are the column and the row of each pixel. */
function places(height: number, width: number) {
  const pixels = new Uint8Array(height * width * 3)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) pixels.set([x, y, 0], 3 * (y * width + x))
  return { pixels, size: [height, width] as const }
}

test('the part is the one that the input shows, to a pixel', (t) => {
  for (const [height, width] of [
    [200, 250],
    [250, 120],
    [180, 180],
  ]) {
    for (const options of [{ imageSize: 64 }, { imageSize: 96, testCropRatio: 0.7 }]) {
      const { imageSize } = options
      const part = testPart([height, width], options)
      const input = testInput(places(height, width), options)
      const cell = part.width / imageSize
      for (const at of [10, 32, 50]) {
        const [x, y] = input.pixels.subarray(3 * (at * imageSize + at))
        t.true(Math.abs(part.left + (at + 0.5) * cell - 0.5 - x) < 1 + cell / 2, `column ${at}`)
        t.true(Math.abs(part.top + (at + 0.5) * cell - 0.5 - y) < 1 + cell / 2, `row ${at}`)
      }
    }
  }
})

test('tiny inputs, large ones and a ratio of 1 show whole pictures', (t) => {
  for (const options of [
    { imageSize: 32 },
    { imageSize: 384 },
    { imageSize: 64, testCropRatio: 1 },
  ])
    t.deepEqual(testPart([30, 50], options), { top: 0, left: 0, height: 30, width: 50 })
})
