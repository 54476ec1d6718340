/**
 * Random numbers that depend on nothing but their seed words, so that a resumed run, a worker and a
 * second machine draw the same.
 *
 * Source: mulberry32 by Tommy Ettinger; the words are mixed to 32 bits by FNV-1a and murmur3's finaliser.
 */
export class Random {
  private state: number
  /** The second of two normal numbers that one draw gives. */
  private spare: number | undefined

  /** @param words integers or strings that together name the stream. */
  constructor(...words: (number | string)[]) {
    this.state = mixWords(words)
  }

  /** Uniform in [0, 1), 32 random bits. */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** Uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound)
  }

  /** Standard normal, by Box and Muller, who give two at a time. */
  normal(): number {
    if (this.spare !== undefined) {
      const spare = this.spare
      this.spare = undefined
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** A shuffled copy (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const result = [...items]
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const swapped = result[i]
      result[i] = result[j]
      result[j] = swapped
    }
    return result
  }
}

function mixWords(words: readonly (number | string)[]): number {
  let hash = 0x811c9dc5
  for (const character of words.join('\u0000')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
