/** Random numbers from a seed: the same in every run. */
export interface Random {
  /** Number in 0 ... 1, below 1. */
  next(): number
  /** Whole, from 0 up to `end`, below `end`. */
  below(end: number): number
  pick<T>(choices: readonly T[]): T
}

/** The generator mulberry32 of Tommy Ettinger. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return { next, below, pick: (choices) => choices[below(choices.length)] }
}
