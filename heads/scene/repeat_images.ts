import { floats, type HostTensor } from '../../host_tensor.js'

/** The values of one image, repeated for each image of a batch. */
export function repeatImages(
  ofImage: ArrayLike<number>,
  batch: number,
  shape: readonly number[],
): HostTensor {
  const values = new Float32Array(batch * ofImage.length)
  for (let image = 0; image < batch; image++) values.set(ofImage, image * ofImage.length)
  return floats(values, shape)
}

/** `[height, width]` of maps `[n, h, w, c]`. */
export function sizesOf(maps: readonly { shape: readonly number[] }[]): [number, number][] {
  return maps.map(({ shape }) => [shape[1], shape[2]])
}
