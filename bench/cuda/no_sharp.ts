/** Stands in the bundle in place of `sharp`: no part of this benchmark decodes an image. */
export default function sharp(): never {
  throw new Error('sharp: the bundle of bench/cuda does not decode images; use the repository')
}
