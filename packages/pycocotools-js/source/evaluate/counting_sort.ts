/**
 * Positions in ascending order of key; equal keys keep the order they have in `initial`.
 *
 * Linear in the number of positions, where `stableArgsort` compares them a dozen times each.
 *
 * @param keys whole numbers from 0 below `keyCount`, by position.
 * @param initial `[n]`, positions.
 */
export function countingSort(keys: Int32Array, keyCount: number, initial: Int32Array): Int32Array {
  const next = new Int32Array(keyCount + 1)
  for (let i = 0; i < initial.length; i++) next[keys[initial[i]] + 1]++
  for (let key = 0; key < keyCount; key++) next[key + 1] += next[key]
  const sorted = new Int32Array(initial.length)
  for (let i = 0; i < initial.length; i++) sorted[next[keys[initial[i]]]++] = initial[i]
  return sorted
}

/** `0, 1 ... n - 1`. */
export function positions(n: number): Int32Array {
  const list = new Int32Array(n)
  for (let i = 0; i < n; i++) list[i] = i
  return list
}
