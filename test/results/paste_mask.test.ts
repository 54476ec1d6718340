import test from 'ava'
import { pasteMask } from '../../results/paste_mask.js'
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
