import { sha256 } from '@noble/hashes/sha2'
import { threefry } from './threefry.js'

/**
 * Goes up when words begin to give other numbers, so that a run that was begun before can be
 * recognised.
 */
export const RANDOM_VERSION = 2

const WORDS_A_BLOCK = 4
const TWO_TO_32 = 4294967296

/**
 * Random numbers that depend on nothing but their seed words, so that a resumed run, a worker and a
 * second machine draw the same.
 *
 * A stream is Threefry-4x32's of a key of 128 bits, which is SHA-256 of the words. Streams of
 * different words have different keys, so none is a part of another, however long they are.
 */
export class Random {
  private readonly key: Uint32Array
  /** Counter of 128 bits, lowest word first. */
  private readonly counter = new Uint32Array(WORDS_A_BLOCK)
  private readonly block = new Uint32Array(WORDS_A_BLOCK)
  private used = WORDS_A_BLOCK
  /** The second of two normal numbers that one draw yields. */
  private spare: number | undefined

  /** @param words integers or strings that together name the stream; 1 and '1' name two. */
  constructor(...words: (number | string)[]) {
    this.key = keyOf(words)
  }

  /** A whole number of 32 random bits. */
  bits(): number {
    if (this.used === WORDS_A_BLOCK) this.nextBlock()
    return this.block[this.used++]
  }

  /** Uniform in [0, 1), 32 random bits. */
  uniform(): number {
    return this.bits() / TWO_TO_32
  }

  /** Uniform in [least, most). */
  between(least: number, most: number): number {
    return least + (most - least) * this.uniform()
  }

  /**
   * Uniform integer in [0, bound), each equally likely.
   *
   * @param bound from 1 to 2^32.
   */
  integer(bound: number): number {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= TWO_TO_32)) {
      throw new RangeError(
        `Random.integer: bound is ${bound}; give a whole number from 1 to ${TWO_TO_32}`,
      )
    }
    const fair = TWO_TO_32 - (TWO_TO_32 % bound) // what is above would favour small numbers
    let bits = this.bits()
    while (bits >= fair) bits = this.bits()
    return bits % bound
  }

  /**
   * Standard normal, by Box and Muller, who give two at a time.
   *
   * Uniform numbers of 32 bits end its tails at 6.66, which one true normal number in 3.6e10
   * passes.
   */
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

  private nextBlock(): void {
    const { counter } = this
    threefry(this.key, counter, this.block)
    this.used = 0
    for (let i = 0; i < WORDS_A_BLOCK; i++) {
      counter[i]++
      if (counter[i] !== 0) return // no carry
    }
  }
}

/** The first 128 bits of SHA-256 of the words as JSON, which keeps words and their types apart. */
function keyOf(words: readonly (number | string)[]): Uint32Array {
  const hash = sha256(new TextEncoder().encode(JSON.stringify(words)))
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength)
  return Uint32Array.from({ length: WORDS_A_BLOCK }, (_, i) => view.getUint32(4 * i))
}
