/** What Threefish-256 mixes into its fifth key word, in 32 bits. */
const PARITY = 0x1bd11bda

/**
 * Threefry-4x32 with 20 rounds: for each key of 128 bits a permutation of all 128-bit counters, so
 * that a counter that counts up gives a stream of random numbers. Two keys have two permutations:
 * neither stream is a part of the other.
 *
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011; as `threefry4x32` of
 * Random123.
 *
 * @param key 4 words.
 * @param counter 4 words.
 * @param out where the 4 random words go.
 */
export function threefry(key: Uint32Array, counter: Uint32Array, out: Uint32Array): void {
  // Local numbers and fixed shifts, as this runs for every weight: tables take several times as
  // long.
  let [k0, k1, k2, k3] = [key[0] | 0, key[1] | 0, key[2] | 0, key[3] | 0]
  let k4 = PARITY ^ k0 ^ k1 ^ k2 ^ k3
  let a = (counter[0] + k0) | 0
  let b = (counter[1] + k1) | 0
  let c = (counter[2] + k2) | 0
  let d = (counter[3] + k3) | 0

  for (let group = 1; group <= 5; group++) {
    if (group % 2 === 1) {
      a = (a + b) | 0
      b = rotate(b, 10) ^ a
      c = (c + d) | 0
      d = rotate(d, 26) ^ c
      a = (a + d) | 0
      d = rotate(d, 11) ^ a
      c = (c + b) | 0
      b = rotate(b, 21) ^ c
      a = (a + b) | 0
      b = rotate(b, 13) ^ a
      c = (c + d) | 0
      d = rotate(d, 27) ^ c
      a = (a + d) | 0
      d = rotate(d, 23) ^ a
      c = (c + b) | 0
      b = rotate(b, 5) ^ c
    } else {
      a = (a + b) | 0
      b = rotate(b, 6) ^ a
      c = (c + d) | 0
      d = rotate(d, 20) ^ c
      a = (a + d) | 0
      d = rotate(d, 17) ^ a
      c = (c + b) | 0
      b = rotate(b, 11) ^ c
      a = (a + b) | 0
      b = rotate(b, 25) ^ a
      c = (c + d) | 0
      d = rotate(d, 10) ^ c
      a = (a + d) | 0
      d = rotate(d, 18) ^ a
      c = (c + b) | 0
      b = rotate(b, 20) ^ c
    }
    const first = k0
    k0 = k1
    k1 = k2
    k2 = k3
    k3 = k4
    k4 = first
    a = (a + k0) | 0
    b = (b + k1) | 0
    c = (c + k2) | 0
    d = (d + k3 + group) | 0
  }
  out[0] = a
  out[1] = b
  out[2] = c
  out[3] = d
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
