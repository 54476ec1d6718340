/**
 * How the axes of a traced tensor lie in memory.
 *
 * TensorFlow.js thinks in logical axes (`n h w c`), ONNX in physical ones (`n c h w`). An order
 * names which logical axis each physical axis holds: `[0, 3, 1, 2]` keeps an `n h w c` tensor as
 * `n c h w`.
 */
export type Order = readonly number[]

/** The order in which logical and physical axes agree. */
export function plainOrder(rank: number): Order {
  return Array.from({ length: rank }, (_, axis) => axis)
}

export function sameOrder(a: Order, b: Order): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i])
}

/** Physical axis of each logical axis. */
export function inverse(order: Order): number[] {
  const result = new Array<number>(order.length)
  for (const [physical, logical] of order.entries()) result[logical] = physical
  return result
}

/** The physical shape of a tensor of logical `shape` kept in `order`. */
export function physicalShape(shape: readonly number[], order: Order): number[] {
  return order.map((axis) => shape[axis])
}

/** True where two orders differ only in where axes of size 1 stand, so that memory is the same. */
export function sameMemory(shape: readonly number[], from: Order, to: Order): boolean {
  const long = (order: Order) => order.filter((axis) => shape[axis] !== 1)
  return sameOrder(long(from), long(to))
}

/**
 * The order in which a tensor of shape `from` kept in `order` may be read as shape `to` without
 * moving memory, or undefined if it must be made plain first.
 *
 * The two shapes are cut into groups of axes with equal products, such as `h w | c` and `hw | c`. A
 * group that lies together and in order in memory can be merged or split where it lies.
 */
export function reshapedOrder(
  from: readonly number[],
  to: readonly number[],
  order: Order,
): Order | undefined {
  const groups = matchGroups(from, to)
  if (groups === undefined) return undefined
  const place = inverse(order)
  const placed: { start: number; to: number[] }[] = []
  const ones: number[] = []
  for (const group of groups) {
    const long = group.from.filter((axis) => from[axis] !== 1)
    const places = long.map((axis) => place[axis])
    if (!isRun(places, order, from)) return undefined
    const longTo = group.to.filter((axis) => to[axis] !== 1)
    ones.push(...group.to.filter((axis) => to[axis] === 1))
    if (longTo.length > 0) placed.push({ start: places[0], to: longTo })
  }
  placed.sort((a, b) => a.start - b.start)
  return [...ones, ...placed.flatMap((group) => group.to)]
}

/** True if physical axes `places` ascend with nothing but axes of size 1 between them. */
function isRun(places: readonly number[], order: Order, shape: readonly number[]): boolean {
  for (let i = 1; i < places.length; i++) {
    if (places[i] <= places[i - 1]) return false
    for (let between = places[i - 1] + 1; between < places[i]; between++) {
      if (shape[order[between]] !== 1) return false
    }
  }
  return true
}

interface AxisGroup {
  from: number[]
  to: number[]
}

/**
 * Smallest groups of neighbouring axes with equal products in both shapes; none for empty tensors.
 */
function matchGroups(from: readonly number[], to: readonly number[]): AxisGroup[] | undefined {
  if (from.includes(0) || to.includes(0)) return undefined
  const groups: AxisGroup[] = []
  let i = 0
  let j = 0
  while (i < from.length || j < to.length) {
    const group: AxisGroup = { from: [], to: [] }
    let left = 1
    let right = 1
    if (i < from.length) {
      left = from[i]
      group.from.push(i++)
    }
    if (j < to.length && (group.from.length === 0 || left !== 1 || to[j] === 1)) {
      right = to[j]
      group.to.push(j++)
    }
    while (left !== right) {
      if (left < right) {
        left *= from[i]
        group.from.push(i++)
      } else {
        right *= to[j]
        group.to.push(j++)
      }
    }
    groups.push(group)
  }
  return groups
}
