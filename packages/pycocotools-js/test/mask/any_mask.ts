import fc from 'fast-check'
import { type BinaryMask, encode, type RLE } from '../../source/mask/index.js'

/** Masks of one size, up to 9 x 9 and down to 0 x 0, of any density. */
export function anyMasks(count: number): fc.Arbitrary<BinaryMask[]> {
  return fc
    .record({ height: fc.nat(9), width: fc.nat(9) })
    .chain(({ height, width }) =>
      fc.array(anyMask(height, width), { minLength: count, maxLength: count }),
    )
}

/** The same, compressed. */
export function anyRles(count: number): fc.Arbitrary<RLE<string>[]> {
  return anyMasks(count).map((masks) => encode(masks))
}

function anyMask(height: number, width: number): fc.Arbitrary<BinaryMask> {
  const pixels = { minLength: height * width, maxLength: height * width }
  return fc
    .oneof(
      fc.array(fc.constantFrom(0, 1), pixels),
      fc.array(fc.constantFrom(0, 0, 0, 0, 1), pixels),
      fc.array(fc.constantFrom(0, 1, 1, 1, 1), pixels),
    )
    .map((values) => ({ size: [height, width], data: Uint8Array.from(values) }))
}

/** Run lengths of a mask, with runs of 0 in any place. */
export const anyRuns: fc.Arbitrary<number[]> = fc.array(fc.oneof(fc.nat(3), fc.nat(100)), {
  maxLength: 20,
})
