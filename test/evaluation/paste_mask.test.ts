import test from 'ava'
import { pasteMask } from '../../evaluation/paste_mask.js'
import { Random } from '../../random/random.js'
import { readFixture } from '../helpers/packed_tensor.js'

/** Rows of 0 and 1. */
function picture(runs: Uint32Array, height: number, width: number): string[] {
  const pixels: number[] = []
  for (const [i, run] of runs.entries()) pixels.push(...new Array(run).fill(i % 2))
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => pixels[x * height + y]).join(''),
  )
}

const full = (cells: number, value = 1) => new Float32Array(cells * cells).fill(value)

test('a full grid over a box at whole pixels fills exactly the box', (t) => {
  const runs = pasteMask(full(4), [1, 1, 5, 4], [6, 7])
  t.deepEqual(picture(runs, 6, 7), [
    '0000000',
    '0111100',
    '0111100',
    '0111100',
    '0000000',
    '0000000',
  ])
})

test('a checkered 2 x 2 grid is foreground where its blend is at least one half', (t) => {
  const runs = pasteMask(Float32Array.of(0, 1, 1, 0), [1, 1, 5, 4], [6, 7])
  t.deepEqual(picture(runs, 6, 7), [
    '0000000',
    '0001100', // .2083 .625 .625 .2083
    '0011000', // .375 .5 .5 .375
    '0110000',
    '0000000',
    '0000000',
  ])
})

interface Case {
  box: number[]
  size: [number, number]
  grid: number[]
  rows: string[]
}

test('grids of all sizes over boxes anywhere are as torch pastes them', (t) => {
  for (const { box, size, grid, rows } of readFixture<Case[]>('paste_mask.json')) {
    const runs = pasteMask(Float32Array.from(grid), box, size)
    t.deepEqual(picture(runs, ...size), rows, `${box} in ${size}`)
  }
})

test('a box outside the image, and an empty grid, leave one run of background', (t) => {
  t.deepEqual([...pasteMask(full(4), [20, 20, 30, 30], [5, 6])], [30])
  t.deepEqual([...pasteMask(full(4), [-30, -30, -20, -20], [5, 6])], [30])
  t.deepEqual([...pasteMask(full(4, 0.49), [1, 1, 4, 4], [5, 6])], [30])
})

test('foreground from the first pixel to the last is an empty run and a whole one', (t) => {
  t.deepEqual([...pasteMask(full(4), [-20, -20, 30, 30], [5, 6])], [0, 30])
})

/** Pastes each pixel by itself, in rows. */
function plainPaste(
  grid: Float32Array,
  [x1, y1, x2, y2]: readonly number[],
  [height, width]: readonly [number, number],
): string[] {
  const cells = Math.sqrt(grid.length)
  const cell = (row: number, column: number) =>
    row < 0 || row >= cells || column < 0 || column >= cells ? 0 : grid[row * cells + column]
  const placeOf = (pixel: number, from: number, to: number) => {
    const share = (pixel + 0.5 - from) / (to - from)
    return (Number.isFinite(share) ? share : 0.5) * cells - 0.5
  }
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const [row, column] = [placeOf(y, y1, y2), placeOf(x, x1, x2)]
      const [top, left] = [Math.floor(row), Math.floor(column)]
      const [down, right] = [row - top, column - left]
      const along = (row: number) =>
        Math.fround(cell(row, left) * (1 - right) + cell(row, left + 1) * right)
      return Number(along(top) * (1 - down) + along(top + 1) * down >= 0.5)
    }).join(''),
  )
}

test('bands that are filled or skipped at once are what each pixel would be', (t) => {
  const random = new Random('paste mask')
  const values = [0, 0.25, 0.5 - 2 ** -25, 0.5, 0.5 + 2 ** -24, 0.75, 1, Number.NaN]
  for (let i = 0; i < 200; i++) {
    const cells = 1 + random.integer(8)
    const grid = Float32Array.from({ length: cells * cells }, () =>
      i % 2 === 0 ? values[random.integer(i % 4 === 0 ? 8 : 7)] : random.uniform(),
    )
    const [x, y] = [40 * random.uniform() - 10, 30 * random.uniform() - 10]
    const box = [x, y, x + 40 * random.uniform(), y + 30 * random.uniform()]
    t.deepEqual(picture(pasteMask(grid, box, [23, 31]), 23, 31), plainPaste(grid, box, [23, 31]))
  }
})
