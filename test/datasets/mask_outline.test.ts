import test from 'ava'
import fc from 'fast-check'
import { maskOutlines, polygonArea } from '../../datasets/mask_outline.js'

/** `#` is inside. */
function mask(...rows: string[]): { bits: number[]; size: [number, number] } {
  const bits = [...rows.join('')].map((character) => (character === '#' ? 1 : 0))
  return { bits, size: [rows.length, rows[0].length] }
}

function outlines({ bits, size }: ReturnType<typeof mask>): number[][] {
  return maskOutlines(bits, size)
}

test('a rectangle has its four corners, clockwise', (t) => {
  const rectangle = mask('.....', '.###.', '.###.', '.....')
  t.deepEqual(outlines(rectangle), [[1, 1, 4, 1, 4, 3, 1, 3]])
})

test('a full mask is outlined along its border', (t) => {
  t.deepEqual(outlines(mask('##', '##')), [[0, 0, 2, 0, 2, 2, 0, 2]])
})

test('an empty mask has no outline', (t) => {
  t.deepEqual(outlines(mask('..', '..')), [])
})

test('an L has six corners', (t) => {
  t.deepEqual(outlines(mask('#.', '##')), [[0, 0, 1, 0, 1, 1, 2, 1, 2, 2, 0, 2]])
})

test('parts that touch at a corner only are apart', (t) => {
  t.deepEqual(outlines(mask('#.', '.#')), [
    [0, 0, 1, 0, 1, 1, 0, 1],
    [1, 1, 2, 1, 2, 2, 1, 2],
  ])
  t.is(outlines(mask('.#', '#.')).length, 2)
})

test('a hole is filled', (t) => {
  t.deepEqual(outlines(mask('###', '#.#', '###')), [[0, 0, 3, 0, 3, 3, 0, 3]])
})

test('polygon area is positive clockwise on the screen', (t) => {
  t.is(polygonArea([0, 0, 4, 0, 4, 3]), 6)
  t.is(polygonArea([0, 0, 4, 3, 4, 0]), -6)
})

test('pixels whose centres lie in the outlines are the mask, with holes filled', (t) => {
  const width = 7
  const property = fc.property(
    fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 42, maxLength: 42 }),
    (bits) => {
      const polygons = maskOutlines(bits, [6, width])
      const outside = reachableFromBorder(bits, 6, width)
      for (const [i, bit] of bits.entries()) {
        const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5]
        const inside = polygons.some((polygon) => contains(polygon, x, y))
        t.is(inside, bit === 1 || !outside[i], `pixel ${i} of ${bits.join('')}`)
      }
    },
  )
  fc.assert(property)
})

/** Even-odd rule. */
function contains(polygon: number[], x: number, y: number): boolean {
  let inside = false
  for (let i = 0; i < polygon.length; i += 2) {
    const next = (i + 2) % polygon.length
    const [y1, y2] = [polygon[i + 1], polygon[next + 1]]
    if (y1 > y !== y2 > y && polygon[i] > x) inside = !inside
  }
  return inside
}

/**
 * Background that hangs together with the outside, by edges or corners: the rest of it is holes.
 */
function reachableFromBorder(bits: number[], height: number, width: number): boolean[] {
  const reached = bits.map(() => false)
  const visit = (x: number, y: number) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return
    const i = y * width + x
    if (bits[i] === 1 || reached[i]) return
    reached[i] = true
    for (const dx of [-1, 0, 1]) for (const dy of [-1, 0, 1]) visit(x + dx, y + dy)
  }
  for (let x = 0; x < width; x++) for (const y of [0, height - 1]) visit(x, y)
  for (let y = 0; y < height; y++) for (const x of [0, width - 1]) visit(x, y)
  return reached
}
