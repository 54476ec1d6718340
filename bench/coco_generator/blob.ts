import type { Random } from '../../random/random.js'

/** Polygons `x1 y1 x2 y2 ...` in parts of a box, from 0 to 1. */
export type UnitShape = readonly number[][]

/**
 * An outline of one to three parts, which together touch all four sides of the box. @param vertices
 * of each part.
 */
export function unitShape(random: Random, vertices: () => number): UnitShape {
  const draw = random.uniform()
  const parts = draw < 0.88 ? 1 : draw < 0.97 ? 2 : 3
  const strip = 1 / parts // parts lie side by side
  return Array.from({ length: parts }, (_, part) => {
    const width = part === parts - 1 ? strip : strip * (0.8 + 0.15 * random.uniform())
    return unitBlob(random, vertices()).map((value, i) =>
      i % 2 === 0 ? part * strip + value * width : value,
    )
  })
}

/** A wobbly ellipse that touches all four sides of the box. */
export function unitBlob(random: Random, vertices: number): number[] {
  const waves = [2, 3, 5].map((count) => ({
    count,
    height: 0.25 * random.uniform(),
    phase: 2 * Math.PI * random.uniform(),
  }))
  const outline = Array.from({ length: vertices }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.5 * random.uniform())) / vertices
    const radius = waves.reduce(
      (sum, { count, height, phase }) => sum + height * Math.cos(count * angle + phase),
      1 + 0.05 * random.normal(),
    )
    return [radius * Math.cos(angle), radius * Math.sin(angle)]
  })
  const fit = [0, 1].map((axis) => {
    const values = outline.map((point) => point[axis])
    const low = Math.min(...values)
    return { low, extent: Math.max(...values) - low }
  })
  return outline.flatMap((point) =>
    point.map((value, axis) => (value - fit[axis].low) / fit[axis].extent),
  )
}

/** A copy whose vertices are moved, by `spread` of the box on average, and stay in the box. */
export function jitterShape(shape: UnitShape, spread: number, random: Random): UnitShape {
  return shape.map((part) =>
    part.map((value) => Math.min(1, Math.max(0, value + spread * random.normal()))),
  )
}

/** The shape in image pixels, rounded to hundredths as COCO's files are. */
export function placeShape(shape: UnitShape, boxXywh: readonly number[]): number[][] {
  const [x, y, width, height] = boxXywh
  return shape.map((part) =>
    part.map((value, i) => hundredths(i % 2 === 0 ? x + value * width : y + value * height)),
  )
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

/** Sum of the areas inside the polygons. */
export function polygonArea(polygons: readonly number[][]): number {
  return polygons.reduce((sum, polygon) => sum + Math.abs(signedArea(polygon)), 0)
}

function signedArea(polygon: readonly number[]): number {
  let doubled = 0
  for (let i = 0; i < polygon.length; i += 2) {
    const next = (i + 2) % polygon.length
    doubled += polygon[i] * polygon[next + 1] - polygon[next] * polygon[i + 1]
  }
  return doubled / 2
}
