import { floats, type HostTensor } from '../host_tensor.js'

/** Sizes, shapes and spacing of the anchors of a feature pyramid. */
export interface AnchorOptions {
  /** Input pixels between the cells of each level; also the size that `scales` multiply. */
  strides: number[]
  /** Sides of a square anchor, in strides. */
  scales: number[]
  /** Height over width; the area stays. */
  ratios: number[]
}

/**
 * Anchors are static, so they are computed on the host and enter a graph as constants.
 *
 * Source: mmdetection 2.x, whose anchors are centred on the top-left corner of their cell and not
 * rounded.
 *
 * @param featureSizes `[height, width]` of each level in cells, fine to coarse.
 * @returns `[a, 4]`, `x1 y1 x2 y2`, input pixels, ordered by level, row, column, ratio, scale;
 *   anchors may reach outside the input.
 */
export function pyramidAnchors(
  featureSizes: readonly (readonly [number, number])[],
  options: AnchorOptions,
): HostTensor {
  return concatRows(featureSizes.map((size, level) => levelAnchors(size, level, options)))
}

/** The anchors of one level: the rows of `pyramidAnchors` that belong to it. */
export function levelAnchors(
  [height, width]: readonly [number, number],
  level: number,
  { strides, scales, ratios }: AnchorOptions,
): HostTensor {
  const stride = strides[level]
  const base = baseAnchors(stride, scales, ratios).data
  const anchors = new Float32Array(height * width * base.length)
  let next = 0
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let i = 0; i < base.length; i++) {
        anchors[next++] = base[i] + stride * (i % 2 === 0 ? column : row) // x at even i, y at odd
      }
    }
  }
  return floats(anchors, [anchors.length / 4, 4])
}

/**
 * The anchors of the cell at (0, 0).
 *
 * @returns `[ratios * scales, 4]`, `x1 y1 x2 y2` about the origin; the ratio is the slow index.
 */
export function baseAnchors(
  baseSize: number,
  scales: readonly number[],
  ratios: readonly number[],
): HostTensor {
  const boxes = ratios.flatMap((ratio) =>
    scales.flatMap((scale) => {
      const halfWidth = (baseSize * scale) / Math.sqrt(ratio) / 2
      const halfHeight = (baseSize * scale * Math.sqrt(ratio)) / 2
      return [-halfWidth, -halfHeight, halfWidth, halfHeight]
    }),
  )
  return floats(boxes, [boxes.length / 4, 4])
}

/**
 * `perOctave` scales from `base` up to, but not including, twice `base`: RetinaNet's are
 * `octaveScales(4, 3)`.
 */
export function octaveScales(base: number, perOctave: number): number[] {
  return Array.from({ length: perOctave }, (_, i) => base * 2 ** (i / perOctave))
}

function concatRows(parts: readonly HostTensor[]): HostTensor {
  const rows = parts.reduce((sum, part) => sum + part.shape[0], 0)
  const columns = parts[0].shape[1]
  const joined = new Float32Array(rows * columns)
  let next = 0
  for (const part of parts) {
    joined.set(part.data, next)
    next += part.data.length
  }
  return floats(joined, [rows, columns])
}
