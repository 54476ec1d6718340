import test from 'ava'
import { instanceMask } from '../../datasets/instance_mask.js'
import { Random } from '../../random/random.js'

type Size = [height: number, width: number]

/** `[height, width]` of 0 and 1 with a few random blocks. */
function blocks(random: Random, [height, width]: Size): Uint8Array {
  const bitmap = new Uint8Array(height * width)
  for (let block = 0; block < 1 + random.integer(3); block++) {
    const [top, left] = [random.integer(height), random.integer(width)]
    const [bottom, right] = [top + 1 + random.integer(height), left + 1 + random.integer(width)]
    for (let y = top; y < Math.min(bottom, height); y++)
      for (let x = left; x < Math.min(right, width); x++) bitmap[y * width + x] = 1
  }
  return bitmap
}

function runsOfBitmap(bitmap: Uint8Array, [height, width]: Size): Uint32Array {
  const runs = [0]
  let value = 0
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++) {
      if (bitmap[y * width + x] !== value) {
        runs.push(0)
        value = 1 - value
      }
      runs[runs.length - 1]++
    }
  return Uint32Array.from(runs)
}

/** Whole bitmaps, as mmdetection does it: nearest neighbour, then mirrored. */
function placed(bitmap: Uint8Array, from: Size, to: Size, flip: boolean): Uint8Array {
  return Uint8Array.from({ length: to[0] * to[1] }, (_, i) => {
    const y = Math.floor(i / to[1])
    const column = i % to[1]
    const x = flip ? to[1] - 1 - column : column
    const sourceY = Math.min(Math.floor((y * from[0]) / to[0]), from[0] - 1)
    const sourceX = Math.min(Math.floor((x * from[1]) / to[1]), from[1] - 1)
    return bitmap[sourceY * from[1] + sourceX]
  })
}

test('cells are the mean of the pixels that a whole resized bitmap has there, and hold all of the object', (t) => {
  const random = new Random('instance masks')
  for (let round = 0; round < 300; round++) {
    const imageSize: Size = [1 + random.integer(30), 1 + random.integer(30)]
    const size: Size = [1 + random.integer(50), 1 + random.integer(50)]
    const flip = random.integer(2) === 1
    const side = 4 + random.integer(12)
    const bitmap = blocks(random, imageSize)
    const whole = placed(bitmap, imageSize, size, flip)
    const runs = runsOfBitmap(bitmap, imageSize)
    const { frameXyxy, cells } = instanceMask(runs, { imageSize, size, flip }, side)
    const [x1, y1, x2, y2] = frameXyxy
    const [stepX, stepY] = [(x2 - x1) / side, (y2 - y1) / side]
    t.true(Number.isInteger(stepX) && Number.isInteger(stepY))

    const pixelAt = (y: number, x: number) =>
      y >= 0 && x >= 0 && y < size[0] && x < size[1] ? whole[y * size[1] + x] : 0
    let inFrame = 0
    const expected = Array.from({ length: side * side }, (_, cell) => {
      const [top, left] = [y1 + Math.floor(cell / side) * stepY, x1 + (cell % side) * stepX]
      let sum = 0
      for (let y = top; y < top + stepY; y++)
        for (let x = left; x < left + stepX; x++) sum += pixelAt(y, x)
      inFrame += sum
      return Math.round((255 * sum) / (stepX * stepY))
    })
    t.deepEqual([...cells], expected, `round ${round}`)
    t.is(
      inFrame,
      whole.reduce((sum, pixel) => sum + pixel, 0),
      'nothing of the object is outside the frame',
    )
  }
})

test('an object no longer than the frame is kept pixel by pixel', (t) => {
  const imageSize: Size = [10, 20]
  const runs = Uint32Array.of(25, 3, 7, 3, 162) // columns 2 and 3, rows 5 to 7
  const { frameXyxy, cells } = instanceMask(runs, { imageSize, size: imageSize, flip: false }, 4)
  t.deepEqual(frameXyxy, [2, 5, 6, 9])
  t.deepEqual([...cells], [255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0])
})

test('a mirrored object changes sides', (t) => {
  const imageSize: Size = [10, 20]
  const runs = Uint32Array.of(25, 3, 172) // column 2, rows 5 to 7
  const { frameXyxy } = instanceMask(runs, { imageSize, size: imageSize, flip: true }, 4)
  t.is(frameXyxy[0], 17)
})

test('an object twice as long as the frame has cells of 2 pixels', (t) => {
  const imageSize: Size = [8, 8]
  const runs = Uint32Array.of(0, 8, 8, 40, 8) // column 0 and columns 2 to 6
  const { frameXyxy, cells } = instanceMask(runs, { imageSize, size: imageSize, flip: false }, 4)
  t.deepEqual(frameXyxy, [0, 0, 8, 8])
  t.deepEqual([...cells.subarray(0, 4)], [128, 255, 255, 128])
})

test('an empty mask has an empty frame', (t) => {
  const placement = { imageSize: [8, 8] as Size, size: [16, 16] as Size, flip: true }
  t.true(instanceMask(Uint32Array.of(64), placement, 4).cells.every((cell) => cell === 0))
})
