import sharp from 'sharp'
import { Random } from '../../random/random.js'

/**
 * Cells of the coarsest noise along the longer side; each octave has twice as many, and 0.6 of the
 * height.
 */
const COARSEST = 4
const OCTAVES = 6
const FALLOFF = 0.6
/**
 * Heights of the noise of single pixels, of all channels and of each: with them a JPEG of this
 * quality is as long as COCO's are, 4.9 bits a pixel, and its colours are not quicker to decode.
 * COCO's have whole colours (4:4:4), too.
 */
const GRAIN = { all: 34, each: 19 }
const ENCODING = { quality: 92, chromaSubsampling: '4:4:4' }

/**
 * A JPEG that takes as long to decode as one of COCO: clouds, twenty ellipses of one colour each,
 * and grain.
 *
 * @param sizeWh `[width, height]`, pixels.
 */
export async function drawPicture(
  seed: number,
  [width, height]: readonly [number, number],
  number: number,
): Promise<Buffer> {
  const random = new Random('picture', seed, width, height, number)
  const light = clouds(random, width, height)
  const colours = ellipses(random, width, height)
  const pixels = new Uint8Array(3 * width * height)
  for (let i = 0; i < light.length; i++) {
    const bits = random.bits()
    const shared = GRAIN.all * ((bits >>> 24) / 255 - 0.5)
    for (let channel = 0; channel < 3; channel++) {
      const grain = ((bits >>> (8 * channel)) & 255) / 255 - 0.5
      const value = colours[3 * i + channel] + light[i] + shared + GRAIN.each * grain
      pixels[3 * i + channel] = value < 0 ? 0 : value > 255 ? 255 : value
    }
  }
  const raw = { width, height, channels: 3 } as const
  return sharp(pixels, { raw }).jpeg(ENCODING).toBuffer()
}

/** `[height * width]`: noise of falling height from coarse to fine, about 0. */
function clouds(random: Random, width: number, height: number): Float32Array {
  const light = new Float32Array(width * height)
  let amplitude = 45
  for (let octave = 0; octave < OCTAVES; octave++, amplitude *= FALLOFF) {
    addOctave(light, { random, width, height, amplitude, cells: COARSEST * 2 ** octave })
  }
  return light
}

interface Octave {
  random: Random
  width: number
  height: number
  amplitude: number
  /** Along the longer side. */
  cells: number
}

/** Adds noise that is drawn at the corners of cells and linear between them. */
function addOctave(light: Float32Array, { random, width, height, amplitude, cells }: Octave): void {
  const cell = Math.max(width, height) / cells
  const columns = Math.ceil(width / cell) + 1
  const rows = Math.ceil(height / cell) + 1
  const corners = Float32Array.from(
    { length: columns * rows },
    () => amplitude * (2 * random.uniform() - 1),
  )
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / cell)
    const down = y / cell - row
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / cell)
      const right = x / cell - column
      const i = row * columns + column
      const above = corners[i] + right * (corners[i + 1] - corners[i])
      const below = corners[i + columns] + right * (corners[i + columns + 1] - corners[i + columns])
      light[y * width + x] += above + down * (below - above)
    }
  }
}

/** `[height * width * 3]`: a ground of one colour, and ellipses of others on it. */
function ellipses(random: Random, width: number, height: number): Uint8Array {
  const colour = () => [0, 1, 2].map(() => 30 + random.integer(196))
  const pixels = new Uint8Array(3 * width * height)
  const ground = colour()
  for (let i = 0; i < pixels.length; i++) pixels[i] = ground[i % 3]
  for (let n = 0; n < 20; n++) {
    const [x0, y0] = [width * random.uniform(), height * random.uniform()]
    const [a, b] = [10 + 80 * random.uniform(), 10 + 80 * random.uniform()]
    const [red, green, blue] = colour()
    for (let y = Math.max(0, Math.ceil(y0 - b)); y <= Math.min(height - 1, y0 + b); y++) {
      const half = a * Math.sqrt(Math.max(0, 1 - ((y - y0) / b) ** 2))
      for (let x = Math.max(0, Math.ceil(x0 - half)); x <= Math.min(width - 1, x0 + half); x++) {
        const i = 3 * (y * width + x)
        pixels[i] = red
        pixels[i + 1] = green
        pixels[i + 2] = blue
      }
    }
  }
  return pixels
}
