import { Random } from '../random/random.js'

/** Classes of the generated data, by label. */
export const SHAPE_CLASSES = ['circle', 'square', 'triangle'] as const

/** Something drawn, as far as it can be seen. */
export interface SceneObject {
  /** Index into `SHAPE_CLASSES`. */
  label: number
  /** A heap of small shapes that is annotated as one. */
  isCrowd: boolean
  /** `[height * width]`, row-major, 1 where the object shows. */
  mask: Uint8Array
  /** Pixels it would show if nothing were in front of it. */
  wholeArea: number
}

export interface Scene {
  /** `[height, width]`. */
  size: readonly [number, number]
  /** `[height, width, 3]`, RGB. */
  pixels: Uint8Array
  /** From back to front. */
  objects: SceneObject[]
}

/**
 * Diameters of the circles about single shapes, pixels; in a small image at most `MAX_SHARE` of its
 * shorter side.
 */
const DIAMETERS = [20, 80] as const
const MAX_SHARE = 0.6
/** No more than this part of an object is hidden, so that each can be told. */
const MAX_HIDDEN = 0.4
const PLACEMENT_ATTEMPTS = 20
/** Degrees on the colour wheel, by label. A hint, no more: the spread makes the classes overlap. */
const HUES = [20, 140, 250] as const
const HUE_SPREAD = 35

/** A shape before it is drawn; lengths in pixels. */
interface Shape {
  label: number
  x: number
  y: number
  radius: number
  /** Radians. */
  angle: number
  /** Width of a rectangle relative to its height; 1 for the others. */
  stretch: number
  /** RGB, 0 to 255. */
  colour: [number, number, number]
}

/** Shapes that are to become one object. */
interface Proposal {
  shapes: Shape[]
  isCrowd: boolean
}

export interface SceneOptions {
  seed: number
  /** Number of the image. */
  index: number
  /** `[height, width]`, at least 32 each. */
  size: readonly [number, number]
  /** Adds a heap of small shapes behind the single ones. */
  hasCrowd: boolean
}

/** Draws coloured shapes on a textured background. The same options give the same bytes. */
export function drawScene({ seed, index, size, hasCrowd }: SceneOptions): Scene {
  const random = new Random(seed, 'scene', index)
  const scene: Scene = { size, pixels: drawBackground(random, size), objects: [] }
  if (hasCrowd) place(scene, random, randomHeap)
  const count = 1 + random.integer(5)
  for (let i = 0; i < count; i++) place(scene, random, randomSingle)
  return scene
}

/** Low waves and fine grain over a dull colour. */
function drawBackground(random: Random, [height, width]: readonly [number, number]): Uint8Array {
  const base = hsvToRgb(
    360 * random.uniform(),
    0.25 * random.uniform(),
    0.3 + 0.4 * random.uniform(),
  )
  const cell = 8 + random.integer(17)
  const columns = Math.ceil(width / cell) + 1
  const rows = Math.ceil(height / cell) + 1
  const knots = Float32Array.from({ length: rows * columns }, () => 60 * random.uniform() - 30)
  const pixels = new Uint8Array(height * width * 3)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const wave = interpolate(knots, columns, x / cell, y / cell)
      for (let channel = 0; channel < 3; channel++, i++) {
        pixels[i] = toByte(base[channel] + wave + 20 * random.uniform() - 10)
      }
    }
  }
  return pixels
}

function interpolate(knots: Float32Array, columns: number, x: number, y: number): number {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const [u, v] = [x - left, y - top]
  const corner = top * columns + left
  const above = knots[corner] * (1 - u) + knots[corner + 1] * u
  const below = knots[corner + columns] * (1 - u) + knots[corner + columns + 1] * u
  return above * (1 - v) + below * v
}

function randomSingle(random: Random, [height, width]: readonly [number, number]): Proposal {
  const largest = Math.min(DIAMETERS[1], MAX_SHARE * Math.min(height, width))
  const radius = (DIAMETERS[0] / 2) * (largest / DIAMETERS[0]) ** random.uniform()
  const label = random.integer(SHAPE_CLASSES.length)
  const x = radius + (width - 2 * radius) * random.uniform()
  const y = radius + (height - 2 * radius) * random.uniform()
  return { shapes: [dress({ label, x, y, radius }, random)], isCrowd: false }
}

/** Eight small shapes of one class about one place. */
function randomHeap(random: Random, [height, width]: readonly [number, number]): Proposal {
  const label = random.integer(SHAPE_CLASSES.length)
  const reach = Math.min(height, width) / 8
  const x = 2 * reach + (width - 4 * reach) * random.uniform()
  const y = 2 * reach + (height - 4 * reach) * random.uniform()
  const shapes = Array.from({ length: 8 }, () => {
    const across = reach * (2 * random.uniform() - 1)
    const down = reach * (2 * random.uniform() - 1)
    const radius = 4 + 2 * random.uniform()
    return dress({ label, x: x + across, y: y + down, radius }, random)
  })
  return { shapes, isCrowd: true }
}

/** Gives a shape the looks that its class allows. */
function dress(place: Pick<Shape, 'label' | 'x' | 'y' | 'radius'>, random: Random): Shape {
  const hue = HUES[place.label] + HUE_SPREAD * random.normal()
  const colour = hsvToRgb(hue, 0.6 + 0.35 * random.uniform(), 0.55 + 0.45 * random.uniform())
  const angle = 2 * Math.PI * random.uniform()
  const stretch = SHAPE_CLASSES[place.label] === 'square' ? 0.7 + 0.3 * random.uniform() : 1
  return { ...place, angle, stretch, colour }
}

/** Proposes until nothing behind is hidden too much, then draws; gives up after some attempts. */
function place(
  { size, pixels, objects }: Scene,
  random: Random,
  propose: (random: Random, size: readonly [number, number]) => Proposal,
): void {
  for (let attempt = 0; attempt < PLACEMENT_ATTEMPTS; attempt++) {
    const { shapes, isCrowd } = propose(random, size)
    const mask = new Uint8Array(size[0] * size[1])
    for (const shape of shapes) {
      forEachPixel(shape, size, ({ index, share }) => {
        if (share >= 0.5) mask[index] = 1
      })
    }
    if (!objects.every((object) => hiddenShare(object, mask) <= MAX_HIDDEN)) continue
    for (const shape of shapes) {
      const light = 2 * Math.PI * random.uniform()
      forEachPixel(shape, size, (touched) => paint(pixels, touched, { shape, light, random }))
    }
    for (const object of objects) object.mask = object.mask.map((bit, i) => bit & ~mask[i])
    const wholeArea = mask.reduce((sum, bit) => sum + bit, 0)
    objects.push({ label: shapes[0].label, isCrowd, mask, wholeArea })
    return
  }
}

/** Part of `object` that is hidden once `mask` lies in front of it too. */
function hiddenShare(object: SceneObject, mask: Uint8Array): number {
  const seen = object.mask.reduce((sum, bit, i) => sum + (bit & ~mask[i]), 0)
  return 1 - seen / object.wholeArea
}

/** A pixel that a shape touches. */
interface Touched {
  index: number
  /** Part of the pixel that is covered, of four samples. */
  share: number
  /** Place in the shape's own frame, where the circle about the shape has radius 1. */
  u: number
  v: number
}

/** @param look the shape, and the direction it is lit from, radians in its own frame. */
function paint(
  pixels: Uint8Array,
  { index, share, u, v }: Touched,
  { shape, light, random }: { shape: Shape; light: number; random: Random },
): void {
  const shade = 1 + 0.2 * (u * Math.cos(light) + v * Math.sin(light))
  for (let channel = 0; channel < 3; channel++) {
    const value = shape.colour[channel] * shade + 10 * random.uniform() - 5
    const at = index * 3 + channel
    pixels[at] = toByte(pixels[at] * (1 - share) + value * share)
  }
}

function forEachPixel(
  { label, x, y, radius, angle, stretch }: Shape,
  [height, width]: readonly [number, number],
  visit: (touched: Touched) => void,
): void {
  const contains = INSIDE[SHAPE_CLASSES[label]]
  const [cos, sin] = [Math.cos(angle) / radius, Math.sin(angle) / radius]
  const [left, right] = [Math.max(0, Math.floor(x - radius)), Math.min(width, x + radius)]
  const [top, bottom] = [Math.max(0, Math.floor(y - radius)), Math.min(height, y + radius)]
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      let hits = 0
      for (let sample = 0; sample < 4; sample++) {
        const dx = column + 0.25 + 0.5 * (sample & 1) - x
        const dy = row + 0.25 + 0.5 * (sample >> 1) - y
        if (contains(dx * cos + dy * sin, dy * cos - dx * sin, stretch)) hits++
      }
      if (hits === 0) continue
      const [dx, dy] = [column + 0.5 - x, row + 0.5 - y]
      const [u, v] = [dx * cos + dy * sin, dy * cos - dx * sin]
      visit({ index: row * width + column, share: hits / 4, u, v })
    }
  }
}

/** Whether a point is in a shape whose corners, or edge, lie on the unit circle. */
const INSIDE: Record<
  (typeof SHAPE_CLASSES)[number],
  (u: number, v: number, stretch: number) => boolean
> = {
  circle: (u, v) => u * u + v * v <= 1,
  square: (u, v, stretch) =>
    Math.max(Math.abs(u) / stretch, Math.abs(v)) <= 1 / Math.hypot(1, stretch),
  triangle: (u, v) => Math.max(v, Math.abs(u) * Math.sqrt(0.75) - v / 2) <= 0.5,
}

/** @param hue degrees, any turn; saturation and value 0 to 1. @returns RGB, 0 to 255. */
function hsvToRgb(hue: number, saturation: number, value: number): [number, number, number] {
  const channel = (offset: number) => {
    const sector = (((offset + hue / 60) % 6) + 6) % 6
    const away = Math.max(0, Math.min(sector, 4 - sector, 1))
    return 255 * value * (1 - saturation * away)
  }
  return [channel(5), channel(3), channel(1)]
}

function toByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)))
}
