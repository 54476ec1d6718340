const FIRST_CAPACITY = 1 << 12
const KEPT_CAPACITY = 1 << 22

/**
 * Run lengths, written one after the other into an array that grows.
 *
 * A typed array of its own for each mask would cost more (1 to 3 microseconds each in V8) than
 * reading the mask.
 */
export class RunList {
  /** Longer than `length`. Another array after `reserve`. */
  runs = new Uint32Array(FIRST_CAPACITY)
  length = 0

  /** Makes room for `count` numbers behind the first `length`, which stay. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.runs.length) return
    const grown = new Uint32Array(Math.max(needed, 2 * this.runs.length))
    grown.set(this.runs.subarray(0, this.length))
    this.runs = grown
  }

  clear(): void {
    this.length = 0
    if (this.runs.length > KEPT_CAPACITY) this.runs = new Uint32Array(FIRST_CAPACITY)
  }
}
