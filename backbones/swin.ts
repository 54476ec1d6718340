import { Conv2d } from '../nn/conv2d.js'
import { dropPath } from '../nn/dropout.js'
import { truncatedNormal, uniform, uniformFanIn } from '../nn/initializers.js'
import { LayerNorm } from '../nn/layer_norm.js'
import { Linear } from '../nn/linear.js'
import { type ForwardOptions, Module } from '../nn/module.js'
import { Parameter } from '../nn/parameter.js'
import { gelu } from '../ops/gelu.js'
import { windowAttention } from '../ops/window_attention.js'
import { planWindows, type WindowPlan } from '../ops/window_plan.js'
import * as tf from '../tf/tf.js'
import { Backbone } from './backbone.js'
import { type ResolvedSwinOptions, resolveSwinOptions, type SwinOptions } from './swin_options.js'

/** Pixels on a side of a patch, the cell of the first stage. */
const PATCH = 4

/** What there are `[n h w, c]` cells of: images row by row, in the order of the batch. */
interface Frame {
  imageCount: number
  height: number
  width: number
}

/**
 * Swin Transformer in the form for detection: attention within windows that every second block
 * shifts by half a window, four stages that halve the map, and a norm for each map that is
 * returned.
 *
 * Cells stay one list `[n h w, c]` from the patches to the outputs, since all layers but attention
 * and merging treat them one by one. Nothing is merged for deployment: the form that is trained is
 * the one that runs.
 *
 * Source: arXiv:2103.14030; structure and parameter names of its official repository for detection.
 */
export class SwinTransformer extends Backbone {
  readonly patch_embed: PatchEmbed
  readonly layers: Stage[]
  readonly norm0: LayerNorm | undefined
  readonly norm1: LayerNorm | undefined
  readonly norm2: LayerNorm | undefined
  readonly norm3: LayerNorm | undefined

  readonly outIndices: readonly number[]
  readonly outChannels: readonly number[]
  readonly strides: readonly number[]
  private readonly dropRates: readonly number[]

  constructor(options: SwinOptions) {
    super()
    const resolved = resolveSwinOptions(options)
    const { embedDim, outIndices, dropPathRate, depths } = resolved
    const widthOf = (stage: number) => embedDim * 2 ** stage
    const stageCount = outIndices[outIndices.length - 1] + 1
    this.patch_embed = new PatchEmbed(embedDim)
    this.layers = Array.from(
      { length: stageCount },
      (_, i) => new Stage(i, { ...resolved, isLast: i === stageCount - 1 }),
    )
    const outputNorm = (i: number) =>
      outIndices.includes(i) ? new LayerNorm({ channels: widthOf(i) }) : undefined
    this.norm0 = outputNorm(0)
    this.norm1 = outputNorm(1)
    this.norm2 = outputNorm(2)
    this.norm3 = outputNorm(3)

    this.outIndices = outIndices
    this.outChannels = outIndices.map(widthOf)
    this.strides = outIndices.map((i) => PATCH * 2 ** i)
    const blockCount = depths.reduce((sum, depth) => sum + depth)
    this.dropRates = Array.from(
      { length: blockCount },
      (_, block) => (dropPathRate * block) / Math.max(blockCount - 1, 1),
    )
  }

  /** `drop_path`: whose branches are left out, attention and MLP of each block in turn. */
  override noiseShapes(imageCount: number): Record<string, readonly number[]> {
    if (this.dropRates.every((rate) => rate === 0)) return {}
    return { drop_path: [imageCount, 2 * this.dropRates.length] }
  }

  /**
   * @param images `[n, h, w, 3]`, normalised RGB; sides that are not multiples are padded with
   *   zeros, everywhere.
   * @returns the output of each stage in `outIndices`,
   *   `[n, ceil(h / stride), ceil(w / stride), channels]`.
   */
  override forward(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D[] {
    const norms = [this.norm0, this.norm1, this.norm2, this.norm3]
    const drops = this.drops(images.shape[0], options)
    const features: tf.Tensor4D[] = []
    let { x, frame } = this.patch_embed.forward(images)
    for (const [i, stage] of this.layers.entries()) {
      x = stage.forward(x, frame, drops.splice(0, stage.blocks.length))
      const norm = norms[i]
      if (norm) features.push(asMap(norm.forward(x), frame))
      if (stage.downsample) ({ x, frame } = stage.downsample.forward(x, frame))
    }
    return features
  }

  /** How each block in turn drops its two branches. */
  private drops(imageCount: number, { training, noise }: ForwardOptions): BlockDrops[] {
    if (!training) return this.dropRates.map(() => [keep, keep])
    const draws = noise?.drop_path
    const drop = (column: number, rate: number): Drop => {
      if (rate === 0) return keep
      if (!draws) {
        throw new Error(
          'SwinTransformer.forward: dropPathRate is above 0, but options.noise has no drop_path; ' +
            'draw noise of noiseShapes()',
        )
      }
      const column1d = tf.reshape(tf.slice(draws, [0, column], [imageCount, 1]), [imageCount])
      return (branch) => dropPath(branch, column1d as tf.Tensor1D, rate)
    }
    return this.dropRates.map((rate, i) => [drop(2 * i, rate), drop(2 * i + 1, rate)])
  }
}

/** What becomes of a residual branch `[n h w, c]`. */
type Drop = (branch: tf.Tensor2D) => tf.Tensor2D
type BlockDrops = [ofAttention: Drop, ofMlp: Drop]

const keep: Drop = (branch) => branch

/**
 * Patches of 4 x 4 pixels to the first stage's channels, by one product with the kernel of a
 * convolution.
 */
class PatchEmbed extends Module {
  /** Its stride is its kernel's side. */
  readonly proj: Conv2d
  readonly norm: LayerNorm

  constructor(channels: number) {
    super()
    // The original draws its linear layers anew, and leaves this convolution as PyTorch makes it,
    // bias too.
    const bound = 1 / Math.sqrt(3 * PATCH * PATCH)
    const values = { init: uniformFanIn(), biasInit: uniform(-bound, bound) }
    const geometry = { kernelSize: PATCH, stride: PATCH }
    this.proj = new Conv2d({ inChannels: 3, outChannels: channels, ...geometry, ...values })
    this.norm = new LayerNorm({ channels })
  }

  override forward(images: tf.Tensor4D): { x: tf.Tensor2D; frame: Frame } {
    const { x, frame } = joinSquares(images, PATCH, [0, 2]) // [n h w, 4 rows, 4 columns, 3]
    const [channels] = this.proj.weight.shape
    const kernel = tf.transpose(this.proj.weight.value as tf.Tensor4D, [2, 3, 1, 0])
    const patches = tf.matMul(x, tf.reshape(kernel, [-1, channels]) as tf.Tensor2D)
    return { x: this.norm.forward(tf.add(patches, this.proj.bias!.value)), frame }
  }
}

/** Blocks of one width and, except after the last stage, the merging of their cells. */
class Stage extends Module {
  readonly blocks: Block[]
  readonly downsample: PatchMerging | undefined
  private readonly heads: number
  private readonly window: number

  constructor(index: number, options: ResolvedSwinOptions & { isLast: boolean }) {
    super()
    const { embedDim, depths, numHeads, windowSize, isLast } = options
    const channels = embedDim * 2 ** index
    this.heads = numHeads[index]
    this.window = windowSize
    const block = { channels, heads: this.heads, ...options }
    this.blocks = Array.from({ length: depths[index] }, () => new Block(block))
    this.downsample = isLast ? undefined : new PatchMerging(channels)
  }

  /** @param x `[n h w, c]`; the result has its shape. */
  override forward(x: tf.Tensor2D, frame: Frame, drops: readonly BlockDrops[]): tf.Tensor2D {
    const size = [frame.height, frame.width] as const
    const half = Math.floor(this.window / 2)
    const [even, odd] = [0, half].map((shift) =>
      planWindows({ size, window: this.window, shift, heads: this.heads }),
    )
    let result = x
    for (const [i, block] of this.blocks.entries()) {
      result = block.forward(result, i % 2 === 0 ? even : odd, drops[i])
    }
    return result
  }
}

interface BlockOptions {
  channels: number
  heads: number
  windowSize: number
  mlpRatio: number
}

/** Attention within windows, then an MLP of each cell, both added to what came in. */
class Block extends Module {
  readonly norm1: LayerNorm
  readonly attn: WindowAttention
  readonly norm2: LayerNorm
  readonly mlp: Mlp

  constructor(options: BlockOptions) {
    super()
    const { channels, mlpRatio } = options
    this.norm1 = new LayerNorm({ channels })
    this.attn = new WindowAttention(options)
    this.norm2 = new LayerNorm({ channels })
    this.mlp = new Mlp(channels, channels * mlpRatio)
  }

  /** @param x `[n h w, c]`; the result has its shape. */
  override forward(
    x: tf.Tensor2D,
    plan: WindowPlan,
    [dropAttention, dropMlp]: BlockDrops,
  ): tf.Tensor2D {
    const attended = this.attn.forward(this.norm1.forward(x), plan)
    const y: tf.Tensor2D = tf.add(x, dropAttention(attended))
    return tf.add(y, dropMlp(this.mlp.forward(this.norm2.forward(y))))
  }
}

/**
 * Attention within windows, with a bias learned for every distance between two cells and every
 * head.
 */
class WindowAttention extends Module {
  /** `[(2 window - 1) ** 2, heads]`. */
  readonly relative_position_bias_table: Parameter
  readonly qkv: Linear
  readonly proj: Linear
  private readonly window: number

  constructor({ channels, heads, windowSize }: BlockOptions) {
    super()
    const init = truncatedNormal(0.02)
    const distances = (2 * windowSize - 1) ** 2
    this.relative_position_bias_table = new Parameter([distances, heads], init)
    this.qkv = new Linear({ inFeatures: channels, outFeatures: 3 * channels, init })
    this.proj = new Linear({ inFeatures: channels, outFeatures: channels, init })
    this.window = windowSize
  }

  /**
   * Cells of the padding are zeros before the product with `qkv`, so that its bias is what they are
   * seen by.
   *
   * @param x `[n h w, c]`; the result has its shape.
   */
  override forward(x: tf.Tensor2D, plan: WindowPlan): tf.Tensor2D {
    const [rows, channels] = x.shape
    const { heads, cellCount, mapCellCount } = plan
    const imageCount = rows / mapCellCount
    const qkv = this.qkv.forward(padCells(x, imageCount, plan)) // [n cells, 3 c]
    const parts = [imageCount, cellCount * 3 * heads, channels / heads] as const
    const attended = windowAttention(tf.reshape(qkv, [...parts]), this.bias(), plan)
    return this.proj.forward(tf.reshape(attended, [rows, channels]))
  }

  /** Bias of every slot of a window to every other: `[heads, slots, slots]`. */
  private bias(): tf.Tensor3D {
    const table = this.relative_position_bias_table
    const [, heads] = table.shape
    const slots = this.window ** 2
    const distances = tf.tensor1d(relativePositions(this.window), 'int32')
    const bias = tf.gather(table.value, distances) // [slots slots, heads]
    return tf.reshape(tf.transpose(bias, [1, 0]), [heads, slots, slots])
  }
}

/** Row of the bias table for a query's and a key's slot, row by row: `[slots slots]`. */
function relativePositions(window: number): Int32Array {
  const slots = window * window
  return Int32Array.from({ length: slots * slots }, (_, i) => {
    const [query, key] = [Math.floor(i / slots), i % slots]
    const down = Math.floor(query / window) - Math.floor(key / window)
    const right = (query % window) - (key % window)
    return (down + window - 1) * (2 * window - 1) + right + window - 1
  })
}

/** `[n h w, c]` with zeros behind each image's cells: `[n cells, c]`. */
function padCells(
  x: tf.Tensor2D,
  imageCount: number,
  { cellCount, mapCellCount }: WindowPlan,
): tf.Tensor2D {
  if (cellCount === mapCellCount) return x
  const channels = x.shape[1]
  const images = tf.reshape(x, [imageCount, mapCellCount, channels])
  const padded = tf.pad(images, [
    [0, 0],
    [0, cellCount - mapCellCount],
    [0, 0],
  ])
  return tf.reshape(padded, [imageCount * cellCount, channels])
}

/** Two linear layers with GELU between. */
class Mlp extends Module {
  readonly fc1: Linear
  readonly fc2: Linear

  constructor(channels: number, hidden: number) {
    super()
    const init = truncatedNormal(0.02)
    this.fc1 = new Linear({ inFeatures: channels, outFeatures: hidden, init })
    this.fc2 = new Linear({ inFeatures: hidden, outFeatures: channels, init })
  }

  override forward(x: tf.Tensor2D): tf.Tensor2D {
    return this.fc2.forward(gelu(this.fc1.forward(x)))
  }
}

/** Squares of four cells to one of twice the channels. */
class PatchMerging extends Module {
  /** Norm over `4 c`. */
  readonly norm: LayerNorm
  readonly reduction: Linear

  constructor(channels: number) {
    super()
    this.norm = new LayerNorm({ channels: 4 * channels })
    this.reduction = new Linear({
      inFeatures: 4 * channels,
      outFeatures: 2 * channels,
      bias: false,
      init: truncatedNormal(0.02),
    })
  }

  /** Joins each square of cells: the two of the left column come first, then those of the right. */
  override forward(x: tf.Tensor2D, frame: Frame): { x: tf.Tensor2D; frame: Frame } {
    const merged = joinSquares(asMap(x, frame), 2, [2, 0]) // [n h w, 2 columns, 2 rows, c]
    return { x: this.reduction.forward(this.norm.forward(merged.x)), frame: merged.frame }
  }
}

/**
 * Each square of `side` cells as one cell of all their channels, after padding with zeros at the
 * bottom and right.
 *
 * @param map `[n, h, w, c]`.
 * @param order whether a square's cells are listed row by row, `[0, 2]`, or column by column,
 *   `[2, 0]`.
 * @returns `[n ceil(h / side) ceil(w / side), side side c]`.
 */
function joinSquares(
  map: tf.Tensor4D,
  side: number,
  order: [0, 2] | [2, 0],
): { x: tf.Tensor2D; frame: Frame } {
  const [imageCount, h, w, channels] = map.shape
  const [height, width] = [h, w].map((cells) => Math.ceil(cells / side))
  const padded = tf.pad(map, [
    [0, 0],
    [0, height * side - h],
    [0, width * side - w],
    [0, 0],
  ])
  const split = tf.reshape(padded, [imageCount, height, side, width, side, channels])
  const [first, second] = order.map((axis) => axis + 2)
  const joined = tf.transpose(split, [0, 1, 3, first, second, 5])
  const x = tf.reshape(joined, [imageCount * height * width, side * side * channels])
  return { x: x as tf.Tensor2D, frame: { imageCount, height, width } }
}

/** Cells as a map `[n, h, w, c]`. */
function asMap(x: tf.Tensor2D, { imageCount, height, width }: Frame): tf.Tensor4D {
  return tf.reshape(x, [imageCount, height, width, x.shape[1]])
}
