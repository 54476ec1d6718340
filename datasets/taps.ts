/** Weights of two neighbours are in 1/2048 and add up to it, as OpenCV's. */
export const ONE = 2048

/** For each output position the source position before it, and the weight of the one after that. */
export interface Taps {
  first: Int32Array
  /** In 1/2048; 0 where `first` is the last source position. */
  weight: Int32Array
}

/** Bilinear with half-pixel centres, from `length` source positions to `outLength`. */
export function bilinearTaps(length: number, outLength: number): Taps {
  const first = new Int32Array(outLength)
  const weight = new Int32Array(outLength)
  const step = length / outLength
  for (let i = 0; i < outLength; i++) {
    const position = Math.min(Math.max((i + 0.5) * step - 0.5, 0), length - 1)
    first[i] = Math.floor(position)
    weight[i] = Math.round((position - first[i]) * ONE)
  }
  return { first, weight }
}
