/**
 * Outer outlines of a mask along its pixels' edges, one polygon for each part that hangs together
 * by edges.
 *
 * Rasterised as COCO does, they give the mask back, with its holes filled: COCO's polygons cannot
 * have holes.
 *
 * @param mask `[height * width]`, row-major, not 0 inside.
 * @returns polygons `x1 y1 x2 y2 ...`, clockwise on the screen, corners only.
 */
export function maskOutlines(
  mask: ArrayLike<number>,
  [height, width]: readonly [number, number],
): number[][] {
  const edges = boundaryEdges(mask, height, width)
  const stride = width + 1
  const outlines: number[][] = []
  for (const start of [...edges.keys()].sort((a, b) => a - b)) {
    while (edges.get(start)?.length) {
      const outline = followEdges(edges, start, stride)
      if (polygonArea(outline) > 0) outlines.push(outline)
    }
  }
  return outlines
}

/** Area in pixels; positive where the polygon runs clockwise on the screen (y down). */
export function polygonArea(polygon: readonly number[]): number {
  let doubled = 0
  for (let i = 0; i < polygon.length; i += 2) {
    const next = (i + 2) % polygon.length
    doubled += polygon[i] * polygon[next + 1] - polygon[next] * polygon[i + 1]
  }
  return doubled / 2
}

/** East, south, west, north, as steps in x and y. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const

/**
 * Directions of the edges that leave each corner `y * (width + 1) + x`, with the mask to their
 * right.
 */
function boundaryEdges(
  mask: ArrayLike<number>,
  height: number,
  width: number,
): Map<number, number[]> {
  const edges = new Map<number, number[]>()
  const add = (x: number, y: number, direction: number) => {
    const corner = y * (width + 1) + x
    edges.set(corner, [...(edges.get(corner) ?? []), direction])
  }
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] !== 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!inside(x, y)) continue
      if (!inside(x, y - 1)) add(x, y, 0)
      if (!inside(x + 1, y)) add(x + 1, y, 1)
      if (!inside(x, y + 1)) add(x + 1, y + 1, 2)
      if (!inside(x - 1, y)) add(x, y + 1, 3)
    }
  }
  return edges
}

/**
 * Takes one closed walk out of `edges`. Where two parts touch at a corner it turns right and stays
 * on its own.
 */
function followEdges(edges: Map<number, number[]>, start: number, stride: number): number[] {
  const outline: number[] = []
  let corner = start
  let heading = -1
  do {
    const choices = edges.get(corner)!
    const rightFirst = [heading + 1, heading, heading + 3].map((turn) => turn % 4)
    const direction =
      heading < 0 ? choices[0] : rightFirst.find((candidate) => choices.includes(candidate))!
    choices.splice(choices.indexOf(direction), 1)
    const x = corner % stride
    const y = (corner - x) / stride
    if (direction !== heading) outline.push(x, y)
    heading = direction
    corner += STEPS[direction][0] + STEPS[direction][1] * stride
  } while (corner !== start)
  return outline
}
