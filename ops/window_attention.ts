import * as tf from '../tf/tf.js'
import type { WindowPlan } from './window_plan.js'

/**
 * Attention of the cells of each window among themselves, by several heads:
 * `softmax(q k^T / sqrt(d) + bias + mask) v`.
 *
 * Windows are cut, shifted, split into heads and put together again by gathers of single rows of d
 * numbers. The gradient is in closed form: with `a` the attention and `da = dy v^T`, the logits
 * have the gradient `a (da - sum(dy y))`.
 *
 * Source: Swin Transformer, arXiv:2103.14030.
 *
 * @param qkv `[n, cells 3 heads, d]`: of each cell of the map and its padding the queries of all
 *   heads, the keys, the values.
 * @param bias `[heads, slots, slots]`, of a query's slot and a key's.
 * @returns `[n, map cells heads, d]`, without the padding.
 */
export function windowAttention(
  qkv: tf.Tensor3D,
  bias: tf.Tensor3D,
  plan: WindowPlan,
): tf.Tensor3D {
  const { mask } = plan
  const scale = 1 / Math.sqrt(qkv.shape[2])
  const rows = tableRows(plan)

  const op = tf.customGrad((...args) => {
    const [qkv, bias, save] = args as [tf.Tensor3D, tf.Tensor3D, tf.GradSaveFunc]
    // Each [n, windows, heads, slots, d].
    const [q, k, v] = [rows.queries, rows.keys, rows.values].map((at) => tf.gather(qkv, at, 1))
    const scaled = tf.mul(q, scale)
    // [n, windows, heads, slots, slots]
    const logits = tf.add(tf.matMul(scaled, k, false, true), bias)
    const attention = tf.softmax(mask ? tf.add(logits, mask) : logits)
    const y = tf.matMul(attention, v)
    save([scaled, k, v, attention, y, rows.slots, rows.parts])
    return { value: tf.gather(asRows(y), rows.cells, 1), gradFunc }
  })

  const gradFunc = (dCells: tf.Tensor, saved: tf.Tensor[]) => {
    const [scaled, k, v, attention, y, slots, parts] = saved
    const dy = tf.gather(padRows(asRows(dCells), plan), slots as tf.Tensor3D, 1)
    const dv = tf.matMul(attention, dy, true)
    const share = tf.sum(tf.mul(dy, y), -1, true) // [n, windows, heads, slots, 1]
    const dAttention = tf.matMul(dy, v, false, true)
    const dLogits = tf.mul(attention, tf.sub(dAttention, share))
    const dq = tf.mul(tf.matMul(dLogits, k), scale)
    const dk = tf.matMul(dLogits, scaled, true)
    const dParts = tf.concat([dq, dk, dv].map(asRows), 1) // [n, 3 windows heads slots, d]
    const dQkv = tf.gather(dParts, parts as tf.Tensor2D, 1) // [n, cells, 3 heads, d]
    return [tf.reshape(dQkv, qkv.shape), tf.sum(dLogits, [0, 1])]
  }

  return tf.reshape(op(qkv, bias), [qkv.shape[0], -1, qkv.shape[2]])
}

/** The numbers of a tensor as rows of d of each image. */
function asRows(x: tf.Tensor): tf.Tensor3D {
  return tf.reshape(x, [x.shape[0], -1, x.shape[x.rank - 1]])
}

/** Rows of zeros for the cells of the padding, behind those of the map's. */
function padRows(x: tf.Tensor3D, { cellCount, mapCellCount, heads }: WindowPlan): tf.Tensor3D {
  const missing = (cellCount - mapCellCount) * heads
  if (missing === 0) return x
  return tf.pad(x, [
    [0, 0],
    [0, missing],
    [0, 0],
  ])
}

/** Where the rows of each table stand in the one it is gathered from; all int32. */
function tableRows({
  cellOfSlot,
  rowOfCell,
  mapCellCount,
  slotCount,
  heads,
  cellCount,
}: WindowPlan) {
  const int = (value: number) => tf.scalar(value, 'int32')
  const firstOfCell = tf.mul(cellOfSlot, int(3 * heads)) // [windows, 1, slots], a row of `qkv`
  const partOfSlot = (part: number) => tf.add(firstOfCell, headOffsets(heads, 1, part * heads))
  const cells = tf.slice(rowOfCell, [0, 0], [mapCellCount, 1])
  const partOffsets = [0, 1, 2].map((part) => part * cellCount * heads)
  return {
    /** Each `[windows, heads, slots]`: rows of `qkv`. */
    queries: partOfSlot(0),
    keys: partOfSlot(1),
    values: partOfSlot(2),
    /** `[map cells, heads]`: rows of the attention's result. */
    cells: tf.add(cells, tf.reshape(headOffsets(heads, slotCount), [1, heads])),
    /** `[windows, heads, slots]`: rows of a table of `[cells, heads]`. */
    slots: tf.add(tf.mul(cellOfSlot, int(heads)), headOffsets(heads, 1)),
    /**
     * `[cells, 3 heads]`: rows of the gradients of queries, keys and values, one table behind the
     * other.
     */
    parts: tf.concat(
      partOffsets.map((from) =>
        tf.add(rowOfCell, tf.reshape(headOffsets(heads, slotCount, from), [1, heads])),
      ),
      1,
    ),
  }
}

/** `from + head * step` for each head: `[heads, 1]` int32. */
function headOffsets(heads: number, step: number, from = 0): tf.Tensor2D {
  const offsets = Array.from({ length: heads }, (_, head) => from + head * step)
  return tf.tensor2d(offsets, [heads, 1], 'int32')
}
