import test from 'ava'
import { planWindows, type WindowPlan } from '../../ops/index.js'

const cells = ({ cellOfSlot }: WindowPlan) => Array.from(cellOfSlot.dataSync())

test('a map of whole windows is cut row by row', (t) => {
  const plan = planWindows({ size: [2, 4], window: 2, shift: 0, heads: 1 })
  t.deepEqual(plan.cellOfSlot.shape, [2, 1, 4])
  t.deepEqual(cells(plan), [0, 1, 4, 5, 2, 3, 6, 7])
  t.is(plan.mask, undefined)
})

test('padding comes at the bottom and right, with numbers behind those of the map', (t) => {
  // 0 1 2 .
  // . . . .
  const plan = planWindows({ size: [1, 3], window: 2, shift: 0, heads: 1 })
  t.deepEqual([plan.mapCellCount, plan.cellCount], [3, 8])
  t.deepEqual(cells(plan), [0, 1, 3, 4, 2, 5, 6, 7])
})

test('shifted windows begin where the map is rolled up and left to', (t) => {
  // 0 1 2 3          5 6 7 4
  // 4 5 6 7   ->     1 2 3 0
  const plan = planWindows({ size: [2, 4], window: 2, shift: 1, heads: 1 })
  t.deepEqual(cells(plan), [5, 6, 1, 2, 7, 4, 3, 0])
})

test('padding is rolled along with the map', (t) => {
  // 0 1 2 .          1 2 . 0
  // . . . .   ->     on the second row, since the padding's came first
  const plan = planWindows({ size: [1, 3], window: 2, shift: 1, heads: 1 })
  const map = cells(plan).map((cell) => (cell < 3 ? cell : -1))
  t.deepEqual(map, [-1, -1, 1, 2, -1, -1, -1, 0])
})

test('every cell is in one slot, and its row says which', (t) => {
  const heads = 3
  const plan = planWindows({ size: [9, 13], window: 4, shift: 2, heads })
  const slots = cells(plan)
  t.deepEqual(
    [...slots].sort((a, b) => a - b),
    Array.from({ length: plan.cellCount }, (_, i) => i),
  )
  const rows = plan.rowOfCell.dataSync()
  for (const [i, cell] of slots.entries()) {
    const [window, slot] = [Math.floor(i / 16), i % 16]
    t.is(rows[cell], window * heads * 16 + slot)
  }
})

test('the mask parts what rolling brought together, in the last row and column of windows only', (t) => {
  const plan = planWindows({ size: [4, 4], window: 2, shift: 1, heads: 1 })
  t.deepEqual(plan.mask?.shape, [4, 1, 4, 4])
  const values = Array.from(plan.mask?.dataSync() ?? [])
  const ofWindow = (i: number) => values.slice(16 * i, 16 * (i + 1)).map((x) => (x === 0 ? 1 : 0))
  t.true(values.every((x) => x === 0 || x === -1000))
  t.deepEqual(ofWindow(0), new Array(16).fill(1))
  t.deepEqual(ofWindow(1), [1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1]) // columns apart
  t.deepEqual(ofWindow(2), [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]) // rows apart
  t.deepEqual(ofWindow(3), [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]) // each alone
})

test('a map of a single window is shifted too', (t) => {
  const plan = planWindows({ size: [2, 2], window: 2, shift: 1, heads: 1 })
  t.deepEqual(cells(plan), [3, 2, 1, 0])
  t.deepEqual(
    Array.from(plan.mask?.dataSync() ?? []).map((x) => (x === 0 ? 1 : 0)),
    [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  )
})
