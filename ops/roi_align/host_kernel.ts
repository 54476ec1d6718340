import * as tf from '../../tf/tf.js'

/** Name under which `runKernel` finds it; a tracing backend lowers it to operations of its own. */
export const ROI_ALIGN_GRADIENT_KERNEL = 'RoiAlignGradient'

/**
 * Registers the gradient of RoIAlign, run on the host, for one more backend with synchronous reads.
 *
 * The kernel has inputs `rows` `[n r, p, h]` and `columns` `[n r, q, w]`, the weight of every cell
 * of a map in every row and column of every region's output, and `dy` `[n r, p, q, c]`; attribute
 * `imageCount` is n. Its result `[n, h, w, c]` is the sum of
 * `rows[r, p, y] * columns[r, q, x] * dy[r, p, q]` over the regions r of an image and over p and q,
 * in float32, region by region, so that it is repeatable.
 */
export function registerRoiAlignGradientKernel(backendName: string): void {
  tf.registerKernel({
    kernelName: ROI_ALIGN_GRADIENT_KERNEL,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { rows, columns, dy } = inputs as Record<'rows' | 'columns' | 'dy', tf.TensorInfo>
      const storage = backend as tf.KernelBackend
      const read = (tensor: tf.TensorInfo) => storage.readSync(tensor.dataId) as Float32Array
      const [regionCount, outputHeight, height] = rows.shape
      const [, outputWidth, width] = columns.shape
      const sizes = { regionCount, outputHeight, outputWidth, height, width, channels: dy.shape[3] }
      const imageCount = Number(attrs?.imageCount)
      const gradient = spread(read(rows), read(columns), read(dy), { ...sizes, imageCount })
      const shape = [imageCount, height, width, sizes.channels]
      return {
        dataId: storage.write(gradient, shape, 'float32') as tf.DataId,
        shape,
        dtype: 'float32',
      }
    },
  })
}

interface Sizes {
  imageCount: number
  regionCount: number
  outputHeight: number
  outputWidth: number
  height: number
  width: number
  channels: number
}

/** Adds the gradient of every output cell to the cells it was read from. */
function spread(
  rows: Float32Array,
  columns: Float32Array,
  dy: Float32Array,
  { imageCount, regionCount, outputHeight, outputWidth, height, width, channels }: Sizes,
): Float32Array {
  const gradient = new Float32Array(imageCount * height * width * channels)
  const regionsPerImage = regionCount / imageCount
  for (let region = 0; region < regionCount; region++) {
    const image = Math.floor(region / regionsPerImage)
    for (let p = 0; p < outputHeight; p++) {
      const rowWeights = positives(rows, (region * outputHeight + p) * height, height)
      for (let q = 0; q < outputWidth; q++) {
        const columnWeights = positives(columns, (region * outputWidth + q) * width, width)
        const from = ((region * outputHeight + p) * outputWidth + q) * channels
        for (const [y, rowWeight] of rowWeights) {
          for (const [x, columnWeight] of columnWeights) {
            const to = ((image * height + y) * width + x) * channels
            const weight = rowWeight * columnWeight
            for (let c = 0; c < channels; c++) gradient[to + c] += weight * dy[from + c]
          }
        }
      }
    }
  }
  return gradient
}

/** Places and values of the positive among `count` weights. */
function positives(
  weights: Float32Array,
  start: number,
  count: number,
): [place: number, weight: number][] {
  const found: [number, number][] = []
  for (let i = 0; i < count; i++) if (weights[start + i] > 0) found.push([i, weights[start + i]])
  return found
}
