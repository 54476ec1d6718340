import type { Random } from '../../random/random.js'
import { hundredths } from './blob.js'

/** A standing person in parts of its box, in COCO's order of the 17 points. */
const STANDING: readonly [x: number, y: number][] = [
  [0.5, 0.1], // nose
  [0.54, 0.08], // eyes, left before right
  [0.46, 0.08],
  [0.6, 0.09], // ears
  [0.4, 0.09],
  [0.7, 0.23], // shoulders
  [0.3, 0.23],
  [0.82, 0.38], // elbows
  [0.18, 0.38],
  [0.85, 0.52], // wrists
  [0.15, 0.52],
  [0.63, 0.54], // hips
  [0.37, 0.54],
  [0.65, 0.74], // knees
  [0.35, 0.74],
  [0.66, 0.94], // ankles
  [0.34, 0.94],
]
/** Lower persons, in pixels, are labelled without points more often than not. */
const LOW = 60

/** `[51]`, `x y visibility`: whole pixels of the image; 0 0 0 for a point that is not labelled. */
export function drawPose(random: Random, [x, y, width, height]: readonly number[]): number[] {
  const isLabelled = random.uniform() < (height < LOW ? 0.2 : 0.9)
  return STANDING.flatMap(([u, v]) => {
    const draw = random.uniform()
    const [du, dv] = [0.06 * random.normal(), 0.04 * random.normal()]
    if (!isLabelled || draw < 0.2) return [0, 0, 0]
    const inside = [u + du, v + dv].map((part) => Math.min(1, Math.max(0, part)))
    return [
      Math.floor(x + inside[0] * width),
      Math.floor(y + inside[1] * height),
      draw < 0.3 ? 1 : 2,
    ]
  })
}

export const NO_POSE: readonly number[] = Array<number>(3 * STANDING.length).fill(0)

/** A detector's pose for a box, moved by `spread` of the box from where the points were drawn. */
export function detectPose(
  random: Random,
  [x, y, width, height]: readonly number[],
  spread: number,
  pose: readonly number[] = NO_POSE,
): number[] {
  return STANDING.flatMap(([u, v], i) => {
    const isKnown = pose[3 * i + 2] > 0
    const [px, py] = isKnown ? [pose[3 * i], pose[3 * i + 1]] : [x + u * width, y + v * height]
    return [
      hundredths(px + spread * width * random.normal()),
      hundredths(py + spread * height * random.normal()),
      1,
    ]
  })
}
