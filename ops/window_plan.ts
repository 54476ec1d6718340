import * as tf from '../tf/tf.js'

export interface WindowPlanOptions {
  /** Height and width of the map, in cells. */
  size: readonly [height: number, width: number]
  /** Cells on a side of a window. */
  window: number
  /** How far the map is rolled up and left before it is cut, in cells. */
  shift: number
  heads: number
}

/**
 * How a map is cut into windows: which cell lies where, as tables of row numbers.
 *
 * Cells are padded at the bottom and right to whole windows, then rolled. Numbers count the cells
 * of the map row by row, then those of the padding.
 */
export interface WindowPlan {
  /** Number of cells of the map and its padding. */
  cellCount: number
  /** Number of cells of the map. */
  mapCellCount: number
  windowCount: number
  /** Number of slots in a window. */
  slotCount: number
  heads: number
  /** Cell in each slot of each window: `[windows, 1, slots]` int32. */
  cellOfSlot: tf.Tensor3D
  /** Row of each cell's first head in a table of `[windows, heads, slots]`: `[cells, 1]` int32. */
  rowOfCell: tf.Tensor2D
  /**
   * 0 where two slots of a window may see each other, -1000 where rolling brought together cells
   * that are far apart: `[windows, 1, slots, slots]`. None without shift.
   */
  mask: tf.Tensor4D | undefined
}

/**
 * Added to logits of cells that may not see each other. Swin has -100, whose probability
 * `exp(-100)` is 0 but for a number below the smallest normal float32, and products with those are
 * some twenty times slower on a CPU.
 */
const UNSEEN = -1000

/**
 * Source: Swin Transformer, arXiv:2103.14030; padding, shift and mask as in its repository for
 * detection, which shifts maps of a single window too.
 */
export function planWindows({ size, window, shift, heads }: WindowPlanOptions): WindowPlan {
  const [height, width] = size
  const [rows, columns] = size.map((side) => Math.ceil(side / window))
  const windowCount = rows * columns
  const slotCount = window * window
  const cellCount = windowCount * slotCount
  const mapCellCount = height * width

  const cellOfSlot = new Int32Array(cellCount)
  const rowOfCell = new Int32Array(cellCount)
  let padding = mapCellCount
  for (let i = 0; i < cellCount; i++) {
    const [at, slot] = [Math.floor(i / slotCount), i % slotCount]
    const y = Math.floor(at / columns) * window + Math.floor(slot / window) // on the rolled map
    const x = (at % columns) * window + (slot % window)
    const [fromY, fromX] = [(y + shift) % (rows * window), (x + shift) % (columns * window)]
    const cell = fromY < height && fromX < width ? fromY * width + fromX : padding++
    cellOfSlot[i] = cell
    rowOfCell[cell] = at * heads * slotCount + slot
  }
  return {
    cellCount,
    mapCellCount,
    windowCount,
    slotCount,
    heads,
    cellOfSlot: tf.tensor3d(cellOfSlot, [windowCount, 1, slotCount], 'int32'),
    rowOfCell: tf.tensor2d(rowOfCell, [cellCount, 1], 'int32'),
    mask: shift === 0 ? undefined : shiftMask(rows, columns, window, shift),
  }
}

/** Only the windows of the last row and of the last column hold cells of both edges of the map. */
function shiftMask(rows: number, columns: number, window: number, shift: number): tf.Tensor4D {
  const slotCount = window * window
  const kinds = [0, 1, 2, 3].map((kind) => maskOfKind(kind >= 2, kind % 2 === 1, window, shift))
  const masks = tf.tensor4d(kinds.flat(), [kinds.length, 1, slotCount, slotCount])
  const kindOf = (i: number) =>
    (Math.floor(i / columns) === rows - 1 ? 2 : 0) + (i % columns === columns - 1 ? 1 : 0)
  const kindOfWindow = Array.from({ length: rows * columns }, (_, i) => kindOf(i))
  return tf.gather(masks, tf.tensor1d(kindOfWindow, 'int32'))
}

function maskOfKind(inLastRow: boolean, inLastColumn: boolean, window: number, shift: number) {
  const isBehind = (place: number) => place >= window - shift
  const slots = Array.from({ length: window * window }, (_, slot) => ({
    isRolledUp: inLastRow && isBehind(Math.floor(slot / window)),
    isRolledLeft: inLastColumn && isBehind(slot % window),
  }))
  return slots.flatMap((a) =>
    slots.map((b) =>
      a.isRolledUp === b.isRolledUp && a.isRolledLeft === b.isRolledLeft ? 0 : UNSEEN,
    ),
  )
}
