import * as tf from '../../tf/tf.js'
import './lowering.js'
import { bilinearWeights } from '../bilinear_weights.js'
import { ROI_ALIGN_GRADIENT_KERNEL, registerRoiAlignGradientKernel } from './host_kernel.js'

for (const backend of ['cpu', 'wasm', 'webgl', 'tensorflow']) {
  registerRoiAlignGradientKernel(backend)
}

export interface RoiAlignOptions {
  /** Cells along each side of the output. */
  outputSize: number
  /** Samples along each side of an output cell. @default 2 */
  samplingRatio?: number
}

/** Feature maps of the same images, with equal channels. */
export interface FeaturePyramid {
  /** `[n, h, w, c]` each. */
  features: tf.Tensor4D[]
  /** Input pixels between the cells of each map. */
  strides: readonly number[]
}

/** Values gathered at a time, 64 MB: all at once would be 400 MB for 512 regions of 7 x 7 x 256. */
const GATHERED_VALUES = 2 ** 24

/**
 * The features of each region, resampled to one size.
 *
 * An output cell is the mean of `samplingRatio` x `samplingRatio` bilinear samples, spread evenly
 * over it. Cell `i` of a map stands at `(i + 0.5) stride` input pixels. A sample up to one cell
 * outside of the map reads its border, one further outside is 0.
 *
 * The samples of a region stand in rows and columns, so that a cell counts in a mean by a weight of
 * its row times a weight of its column. The value is gathered from the few cells that count; the
 * gradient is a kernel of our own, which takes the weights of all rows and columns of a map.
 *
 * Source: Mask R-CNN, arXiv:1703.06870; as torchvision's `roi_align` with `aligned=True`, also for
 * regions without a size (all samples in one place) or with a negative one (samples in reverse).
 *
 * @param roisXyxy `[n, r, 4]`, input pixels; any finite coordinates.
 * @param levels `[n, r]` int32, the map that each region is read from.
 * @returns `[n r, outputSize, outputSize, c]`, image by image. Differentiable in the features only.
 */
export function roiAlign(
  { features, strides }: FeaturePyramid,
  roisXyxy: tf.Tensor3D,
  levels: tf.Tensor2D,
  { outputSize, samplingRatio = 2 }: RoiAlignOptions,
): tf.Tensor4D {
  const [heights, widths] = [1, 2].map((axis) => features.map(({ shape }) => shape[axis]))

  const samplesOf = (rois: tf.Tensor, levels: tf.Tensor): Samples => {
    const scale = ofLevel(
      strides.map((stride) => 1 / stride),
      levels,
    )
    const edges = tf.mul(tf.reshape(rois, [-1, 4, 1]), scale) // [R, 4, 1], cells
    const [x1, y1, x2, y2] = tf.split(edges, 4, 1)
    const grid = { outputSize, samplingRatio }
    return {
      rows: samplesAlong(y1, y2, ofLevel(heights, levels), grid),
      columns: samplesAlong(x1, x2, ofLevel(widths, levels), grid),
    }
  }

  const differentiable = tf.customGrad((...inputs) => {
    const maps = inputs.slice(0, features.length) as tf.Tensor4D[]
    const save = inputs[features.length] as tf.GradSaveFunc
    save([roisXyxy, levels])
    return {
      value: readMaps(maps, samplesOf(roisXyxy, levels), levels),
      gradFunc: (dy: tf.Tensor, [rois, levels]: tf.Tensor[]) => {
        const samples = samplesOf(rois, levels)
        return features.map(({ shape }, level) => gradientOfMap(shape, level, samples, levels, dy))
      },
    }
  })
  return differentiable(...features) as tf.Tensor4D
}

/** Where the `R = n r` regions are sampled; a sample stands at a position on either axis. */
interface Samples {
  rows: AxisSamples
  columns: AxisSamples
}

interface AxisSamples {
  /** `[R, p, s]`, in cells of the map, within it. */
  positions: tf.Tensor3D
  /**
   * `[R, p, s]`, the factor of each sample in the mean of its output cell; 0 outside of the map.
   */
  shares: tf.Tensor3D
}

/** A number for each region, that of its level: `[R, 1, 1]`. */
function ofLevel(
  values: readonly number[],
  levels: tf.Tensor,
  dtype: 'float32' | 'int32' = 'float32',
): tf.Tensor {
  return tf.reshape(tf.gather(tf.tensor1d([...values], dtype), levels), [-1, 1, 1])
}

/**
 * Samples on one axis of regions that reach `from` .. `to`; `size` is the map's; each `[R, 1, 1]`
 * cells.
 */
function samplesAlong(
  from: tf.Tensor,
  to: tf.Tensor,
  size: tf.Tensor,
  { outputSize, samplingRatio }: Required<RoiAlignOptions>,
): AxisSamples {
  const start = tf.sub(from, 0.5)
  const bin = tf.div(tf.sub(tf.sub(to, 0.5), start), outputSize)
  const bins = tf.reshape(tf.range(0, outputSize), [1, outputSize, 1])
  const places = tf.reshape(tf.range(0.5, samplingRatio), [1, 1, samplingRatio])
  const binStart = tf.add(start, tf.mul(bins, bin)) // [R, p, 1]
  const position = tf.add(binStart, tf.div(tf.mul(places, bin), samplingRatio)) // [R, p, s]

  const isRead = tf.logicalAnd(tf.greaterEqual(position, -1), tf.lessEqual(position, size))
  return {
    positions: tf.minimum(tf.maximum(position, 0), tf.sub(size, 1)) as tf.Tensor3D,
    shares: tf.div(tf.cast(isRead, 'float32'), samplingRatio) as tf.Tensor3D,
  }
}

/** The means of all output cells: `[R, p, p, c]`. */
function readMaps(
  maps: readonly tf.Tensor4D[],
  samples: Samples,
  levels: tf.Tensor2D,
): tf.Tensor4D {
  const channels = maps[0].shape[3]
  const [roiCount, outputSize, samplingRatio] = samples.rows.positions.shape
  const [heights, widths] = [1, 2].map((axis) => maps.map(({ shape }) => shape[axis]))
  const rows = tapsOf(samples.rows, ofLevel(heights, levels))
  const columns = tapsOf(samples.columns, ofLevel(widths, levels))
  const perBin = 2 * samplingRatio
  const perSide = outputSize * perBin

  // The cells of all maps and images in one table, [cells, c], and those that each region reads,
  // [R, side, side].
  const table = tf.concat(
    maps.map((map) => tf.reshape(map, [-1, channels])),
    0,
  )
  const rowStarts = tf.mul(
    tf.reshape(rows.cells, [roiCount, perSide, 1]),
    ofLevel(widths, levels, 'int32'),
  )
  const mapCells = tf.add(rowStarts, tf.reshape(columns.cells, [roiCount, 1, perSide]))
  const cells = tf.add(mapCells, firstCells(maps, levels))

  const readRois = (from: number, count: number): tf.Tensor => {
    const part = (x: tf.Tensor) => tf.slice(x, [from, 0, 0], [count, -1, -1])
    // Indices of rank 2, so that traced the table lies cell by cell and not channel by channel.
    // [.., side, c]
    const read = tf.gather(table, tf.reshape(part(cells), [count * perSide, perSide]))
    const rowMeans = tf.matMul(
      tf.reshape(part(rows.weights), [count * outputSize, 1, perBin]),
      tf.reshape(read, [count * outputSize, perBin, perSide * channels]) as tf.Tensor3D,
    ) // [count p, 1, side c]
    const columnWeights = tf.tile(
      tf.reshape(part(columns.weights), [count, 1, outputSize, perBin]),
      [1, outputSize, 1, 1],
    ) // [count, p, p, bin]
    const means = tf.matMul(
      tf.reshape(columnWeights, [-1, 1, perBin]),
      tf.reshape(rowMeans, [-1, perBin, channels]) as tf.Tensor3D,
    ) // [count p p, 1, c]
    return tf.reshape(means, [count, outputSize, outputSize, channels])
  }
  const chunk = Math.max(1, Math.floor(GATHERED_VALUES / (perSide * perSide * channels)))
  const parts: tf.Tensor[] = []
  for (let from = 0; from < roiCount; from += chunk) {
    parts.push(readRois(from, Math.min(chunk, roiCount - from)))
  }
  return tf.concat(parts, 0) as tf.Tensor4D
}

/** The two neighbours of each sample, with their weights in the mean: `[R, p, 2 s]` each. */
function tapsOf(
  { positions, shares }: AxisSamples,
  size: tf.Tensor,
): { cells: tf.Tensor; weights: tf.Tensor } {
  const low = tf.floor(positions)
  const high = tf.minimum(tf.add(low, 1), tf.sub(size, 1))
  const fraction = tf.sub(positions, low)
  return {
    cells: tf.cast(tf.concat([low, high], 2), 'int32'),
    weights: tf.concat([tf.mul(tf.sub(1, fraction), shares), tf.mul(fraction, shares)], 2),
  }
}

/** Row of the table of all cells at which the map of each region begins: `[R, 1, 1]` int32. */
function firstCells(maps: readonly tf.Tensor4D[], levels: tf.Tensor2D): tf.Tensor {
  const [imageCount, roiCount] = levels.shape
  const area = maps.map(({ shape: [, height, width] }) => height * width)
  const start = maps.map((_, l) =>
    area.slice(0, l).reduce((sum, cells) => sum + cells * imageCount, 0),
  )
  const images = Int32Array.from({ length: imageCount * roiCount }, (_, i) =>
    Math.floor(i / roiCount),
  )
  const image = tf.tensor3d(images, [imageCount * roiCount, 1, 1])
  return tf.add(ofLevel(start, levels, 'int32'), tf.mul(image, ofLevel(area, levels, 'int32')))
}

/**
 * The gradient of one map, `shape` `[n, h, w, c]`, for a gradient `dy` `[R, p, p, c]` of the means.
 */
function gradientOfMap(
  [imageCount, height, width]: tf.Tensor4D['shape'],
  level: number,
  samples: Samples,
  levels: tf.Tensor,
  dy: tf.Tensor,
): tf.Tensor {
  const isHere = tf.cast(tf.equal(levels, tf.scalar(level, 'int32')), 'float32')
  const weights = ({ positions, shares }: AxisSamples, size: number) =>
    bilinearWeights(positions, tf.mul(shares, tf.reshape(isHere, [-1, 1, 1])), size)
  const rows = weights(samples.rows, height) // [R, p, h]
  const columns = weights(samples.columns, width) // [R, p, w]
  return tf.engine().runKernel(ROI_ALIGN_GRADIENT_KERNEL, { rows, columns, dy }, { imageCount })
}
