import { ConfigError } from '../errors.js'

interface Variant {
  dims: readonly number[]
  strides: readonly number[]
  adaPool?: readonly number[]
}

/**
 * The published variants. Stage `i` maps `dims[i]` to `dims[i + 1]` channels and pools by
 * `strides[i]`.
 *
 * Source: arXiv:2305.12972 and its official repository.
 */
const VARIANTS = {
  '5': { dims: [512, 1024, 2048, 4096], strides: [2, 2, 2] },
  '6': { dims: [512, 1024, 2048, 4096, 4096], strides: [2, 2, 2, 1] },
  '7': { dims: [512, 512, 1024, 2048, 4096, 4096], strides: [1, 2, 2, 2, 1] },
  '8': deep(512, 2),
  '9': deep(512, 3),
  '10': deep(512, 4),
  '11': deep(512, 5),
  '12': deep(512, 6),
  '13': deep(512, 7),
  '13_x1_5': deep(768, 7),
  '13_x1_5_ada_pool': { ...deep(768, 7), adaPool: [0, 38, 19, 0, 0, 0, 0, 0, 0, 10, 0] },
} satisfies Record<string, Variant>

/** `repeats` stages of four times `width` channels between the last two downsamplings. */
function deep(width: number, repeats: number): Variant {
  const middle = Array<number>(repeats).fill(4 * width)
  return {
    dims: [width, width, 2 * width, ...middle, 8 * width, 8 * width],
    strides: [1, 2, 2, ...Array<number>(repeats - 1).fill(1), 2, 1],
  }
}

export type VanillaNetArch = keyof typeof VARIANTS

/** Names of the published variants. */
export const vanillaNetArchs = Object.keys(VARIANTS) as VanillaNetArch[]

/** Where a stage adds its input: nowhere, before its activation, or after it. */
export type Shortcut = 'none' | 'before' | 'after'

/** Choices of `shortcut`. */
export const shortcuts = ['none', 'before', 'after'] as const satisfies readonly Shortcut[]

export interface VanillaNetOptions {
  /** A published variant; `dims`, `strides` and `adaPool` replace its own. */
  arch?: VanillaNetArch
  /** Channels of the stem and of each stage. */
  dims?: readonly number[]
  /** Stride of each stage's max pooling. */
  strides?: readonly number[]
  /**
   * Sides of the adaptive max pooling that replaces the pooling of stages with a stride above 1; 0
   * keeps the pooling. With it the stem has stride 3. The sides are absolute, so it suits one image
   * size only.
   */
  adaPool?: readonly number[]
  /** Order n of the series activation, whose kernel is `2 n + 1` wide. @default 3 */
  actNum?: number
  /** False: each convolution is single while training too, and lambda is ignored. @default true */
  deepTraining?: boolean
  /**
   * Where each stage adds its input, pooled as its output is and with its channels repeated as a
   * whole to as many; the paper's ablation.
   *
   * @default 'none'
   */
  shortcut?: Shortcut
  /** Stages whose feature maps are returned, shallow to deep. @default the last one */
  outIndices?: readonly number[]
  /** Deploy form has the merged convolutions and no norms. @default 'train' */
  form?: 'train' | 'deploy'
  /** Adds the classifier. */
  numClasses?: number
  /** Dropout before the classifier, in [0, 1). @default 0 */
  dropRate?: number
  /** BatchNorm uses its running statistics in training too. @default false */
  normEval?: boolean
  /**
   * How new weights are drawn: `classification` as the official trainer, std 0.02; `detection` as
   * the official detector without a checkpoint, std `sqrt(2 / fanOut)`.
   *
   * @default 'classification' with `numClasses`, else 'detection'
   */
  init?: 'classification' | 'detection'
}

/** Options with everything filled in and checked. */
export interface ResolvedOptions {
  dims: readonly number[]
  strides: readonly number[]
  adaPool: readonly number[] | undefined
  actNum: number
  deepTraining: boolean
  shortcut: Shortcut
  outIndices: readonly number[]
  form: 'train' | 'deploy'
  numClasses: number | undefined
  dropRate: number
  normEval: boolean
  init: 'classification' | 'detection'
}

/** Fills in the variant and the defaults, and refuses what cannot be built. */
export function resolveOptions(options: VanillaNetOptions): ResolvedOptions {
  const variant = variantOf(options)
  const { strides } = variant
  const { actNum = 3, numClasses, dropRate = 0, form = 'train', normEval = false } = options
  const { outIndices = [strides.length - 1], deepTraining = true, shortcut = 'none' } = options
  const { init = numClasses === undefined ? 'detection' : 'classification' } = options

  checkIntegers('dims', variant.dims, 1)
  checkIntegers('strides', strides, 1)
  checkIntegers('adaPool', variant.adaPool ?? [], 0)
  if (variant.dims.length !== strides.length + 1) {
    throw new ConfigError(
      'dims',
      `has ${variant.dims.length} entries, but strides has ${strides.length}`,
      `give ${strides.length + 1}: the stem's channels and each stage's`,
    )
  }
  if (variant.adaPool && variant.adaPool.length !== strides.length) {
    throw new ConfigError(
      'adaPool',
      `has ${variant.adaPool.length} entries, but strides has ${strides.length}`,
      `give ${strides.length}, 0 where the stage keeps its pooling`,
    )
  }
  checkInteger('actNum', actNum, 0)
  if (numClasses !== undefined) checkInteger('numClasses', numClasses, 1)
  if (!(dropRate >= 0 && dropRate < 1)) {
    throw new ConfigError('dropRate', `is ${dropRate}`, 'use a number from 0 to below 1')
  }
  checkShortcut(shortcut, variant.dims)
  checkOutIndices(outIndices, strides.length, options.arch)
  const network = { ...variant, actNum, deepTraining, shortcut, numClasses }
  return { ...network, dropRate, form, normEval, outIndices, init }
}

function variantOf({ arch, dims, strides, adaPool }: VanillaNetOptions) {
  if (arch !== undefined && !vanillaNetArchs.includes(arch)) {
    throw new ConfigError('arch', `is '${arch}'`, `use one of ${vanillaNetArchs.join(', ')}`)
  }
  const variant: Variant | undefined = arch && VARIANTS[arch]
  const ownDims = dims ?? variant?.dims
  const ownStrides = strides ?? variant?.strides
  if (!ownDims || !ownStrides) {
    throw new ConfigError(
      'arch',
      `is not given, nor is ${ownDims ? 'strides' : 'dims'}`,
      "give an arch such as '13', or both dims and strides",
    )
  }
  return { dims: ownDims, strides: ownStrides, adaPool: adaPool ?? variant?.adaPool }
}

/** Channels are repeated as a whole, so they grow by whole factors. */
function checkShortcut(shortcut: Shortcut, dims: readonly number[]): void {
  if (!shortcuts.includes(shortcut)) {
    throw new ConfigError('shortcut', `is '${shortcut}'`, `use one of ${shortcuts.join(', ')}`)
  }
  if (shortcut === 'none') return
  for (const [i, width] of dims.entries()) {
    if (i === 0 || width % dims[i - 1] === 0) continue
    throw new ConfigError(
      'shortcut',
      `is '${shortcut}', but dims[${i}] is ${width}, no multiple of ${dims[i - 1]} before it`,
      "use dims that are multiples, or shortcut: 'none'",
    )
  }
}

function checkOutIndices(outIndices: readonly number[], stages: number, arch?: string): void {
  const name = arch === undefined ? 'this VanillaNet' : `VanillaNet '${arch}'`
  for (const [i, index] of outIndices.entries()) {
    const where = `outIndices[${i}]`
    if (!Number.isInteger(index) || index < 0 || index >= stages) {
      throw new ConfigError(
        where,
        `is ${index}, but ${name} has ${stages} stages`,
        `use 0 to ${stages - 1}`,
      )
    }
    if (i > 0 && index <= outIndices[i - 1]) {
      throw new ConfigError(
        where,
        `is ${index} after ${outIndices[i - 1]}`,
        'list the stages from shallow to deep, each once',
      )
    }
  }
}

function checkIntegers(key: string, values: readonly number[], least: number): void {
  for (const [i, value] of values.entries()) checkInteger(`${key}[${i}]`, value, least)
}

function checkInteger(key: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new ConfigError(key, `is ${value}`, `use a whole number of at least ${least}`)
}
