import { readFileSync } from 'node:fs'
import test from 'ava'
import { resizeBilinear, resizedSize } from '../../datasets/index.js'
import { Random } from '../../random/random.js'
import { plainResize } from './plain_resize.js'

// FACTS: (width, height) at 1333 x 800, as mmdetection 2.x resizes them.
const examples: [from: [number, number], to: [number, number]][] = [
  [
    [640, 480],
    [1067, 800],
  ],
  [
    [640, 427],
    [1199, 800],
  ],
  [
    [500, 375],
    [1067, 800],
  ],
  [
    [427, 640],
    [800, 1199],
  ],
  [
    [640, 360],
    [1333, 750],
  ],
  [
    [612, 612],
    [800, 800],
  ],
  [
    [640, 214],
    [1333, 446],
  ],
]
for (const [[width, height], [newWidth, newHeight]] of examples) {
  test(`${width} x ${height} fits 1333 x 800 as ${newWidth} x ${newHeight}`, (t) => {
    t.deepEqual(resizedSize([height, width], [1333, 800]), [newHeight, newWidth])
    t.deepEqual(resizedSize([height, width], [800, 1333]), [newHeight, newWidth])
  })
}

test('a very thin image keeps at least one pixel', (t) => {
  t.deepEqual(resizedSize([1, 4000], [100, 50]), [1, 100])
})

interface Reference {
  title: string
  size: [number, number]
  image: number[]
  resizedSize: [number, number]
  resized: number[]
}
const references: Reference[] = JSON.parse(
  readFileSync(new URL('../fixtures/resize.json', import.meta.url), 'utf8'),
)

function resize(
  image: Uint8Array,
  from: readonly [number, number],
  to: readonly [number, number],
  flip = false,
): Uint8Array {
  const canvas = new Uint8Array(to[0] * to[1] * 3)
  resizeBilinear(image, from, { canvas, offset: 0, rowBytes: to[1] * 3, size: to, flip })
  return canvas
}

function mirror(image: Uint8Array, [height, width]: readonly [number, number]): Uint8Array {
  const mirrored = new Uint8Array(image.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3
      mirrored.set(image.subarray(from, from + 3), (y * width + width - 1 - x) * 3)
    }
  }
  return mirrored
}

for (const { title, size, image, resizedSize: to, resized } of references) {
  // Exact interpolation rounds once; OpenCV's fixed point may differ by 1 in the last place.
  test(`an image ${title} is within 1 of exact interpolation`, (t) => {
    const got = resize(Uint8Array.from(image), size, to)
    t.is(got.length, resized.length)
    const worst = Math.max(...resized.map((value, i) => Math.abs(Math.round(value) - got[i])))
    t.true(worst <= 1, `worst difference ${worst}`)
    const mean = resized.reduce((sum, value, i) => sum + got[i] - value, 0) / resized.length
    t.true(Math.abs(mean) < 0.25, `mean difference ${mean}`)
  })
}

const random = new Random(1, 'resize test')
const noise = Uint8Array.from({ length: 12 * 9 * 3 }, () => random.integer(256))

test('the same size gives the same bytes', (t) => {
  t.deepEqual(resize(noise, [12, 9], [12, 9]), noise)
})

test('flipping is mirroring afterwards, and twice is nothing', (t) => {
  for (const to of [
    [30, 25],
    [5, 4],
    [12, 9],
  ] as const) {
    const plain = resize(noise, [12, 9], to)
    t.deepEqual(resize(noise, [12, 9], to, true), mirror(plain, to))
    t.deepEqual(mirror(resize(noise, [12, 9], to, true), to), plain)
  }
})

test('one colour stays that colour, white and black too', (t) => {
  for (const value of [0, 1, 128, 254, 255]) {
    const image = new Uint8Array(7 * 5 * 3).fill(value)
    const got = resize(image, [7, 5], [23, 31])
    t.true(got.every((byte) => Math.abs(byte - value) <= (value % 255 === 0 ? 0 : 1)))
  }
})

test('only the target part of a canvas is written', (t) => {
  const canvas = new Uint8Array(2 * 6 * 8 * 3).fill(99)
  const offset = 6 * 8 * 3
  resizeBilinear(noise, [12, 9], { canvas, offset, rowBytes: 24, size: [4, 3], flip: false })
  const expected = resize(noise, [12, 9], [4, 3])
  for (const [i, value] of canvas.entries()) {
    const y = Math.floor((i - offset) / 24)
    const x = (i - offset) % 24
    const isPart = i >= offset && y < 4 && x < 9
    t.is(value, isPart ? expected[y * 9 + x] : 99)
  }
})

/** Both forms on canvases that are wider than the part, over the same bytes. */
function bothForms(
  image: Uint8Array,
  from: readonly [number, number],
  { size, flip }: { size: [number, number]; flip: boolean },
): [Uint8Array, Uint8Array] {
  const [offset, rowBytes] = [random.integer(40), (size[1] + random.integer(4)) * 3]
  const canvases = [plainResize, resizeBilinear].map((form) => {
    const canvas = new Uint8Array(offset + size[0] * rowBytes + 16).fill(99)
    form(image, from, { canvas, offset, rowBytes, size, flip })
    return canvas
  })
  return [canvases[0], canvases[1]]
}

/** One pixel, a few, or many. */
const drawSide = () => 1 + random.integer([1, 3, 20, 200][random.integer(4)])

/** Noise, black and white, or white alone: the largest sums. */
function drawImage(length: number): Uint8Array {
  const kind = random.integer(3)
  const level = () => [random.integer(256), random.integer(2) * 255, 255][kind]
  return Uint8Array.from({ length }, level)
}

test('random sizes, mirrored and not, give the bits of the plain form', (t) => {
  for (let i = 0; i < 1000; i++) {
    const from = [drawSide(), drawSide()] as const
    const target = { size: [drawSide(), drawSide()] as [number, number], flip: i % 2 === 1 }
    const [plain, fast] = bothForms(drawImage(from[0] * from[1] * 3), from, target)
    t.is(Buffer.compare(plain, fast), 0, `${from} to ${JSON.stringify(target)}`)
  }
})

test('rows too long for the memory that is kept give the bits of the plain form', (t) => {
  const sizes: [from: [number, number], to: [number, number]][] = [
    [
      [1, 400_000],
      [2, 3],
    ],
    [
      [2, 5],
      [1, 200_000],
    ],
    [
      [3, 90_000],
      [3, 90_000],
    ],
  ]
  for (const [from, size] of sizes) {
    const [plain, fast] = bothForms(drawImage(from[0] * from[1] * 3), from, { size, flip: true })
    t.is(Buffer.compare(plain, fast), 0, `${from} to ${size}`)
  }
})

test('the bytes of a Buffer that starts inside its memory are taken', (t) => {
  const inside = Buffer.concat([Buffer.from([1, 2, 3, 4, 5]), noise]).subarray(5)
  t.deepEqual(resize(inside, [12, 9], [30, 25]), resize(noise, [12, 9], [30, 25]))
})
