import { ConfigError } from '../errors.js'

/**
 * The published depths: what a block is made of, and how many each stage has.
 *
 * Source: arXiv:1512.03385, table 1.
 */
const VARIANTS = {
  18: { block: 'basic', blocks: [2, 2, 2, 2] },
  34: { block: 'basic', blocks: [3, 4, 6, 3] },
  50: { block: 'bottleneck', blocks: [3, 4, 6, 3] },
  101: { block: 'bottleneck', blocks: [3, 4, 23, 3] },
  152: { block: 'bottleneck', blocks: [3, 8, 36, 3] },
} satisfies Record<number, { block: BlockKind; blocks: readonly number[] }>

/** Two 3x3 convolutions, or 1x1, 3x3, 1x1 with four times as many channels at the end. */
export type BlockKind = 'basic' | 'bottleneck'

export type ResNetDepth = keyof typeof VARIANTS

export const resNetDepths = Object.keys(VARIANTS).map(Number) as ResNetDepth[]

export interface ResNetOptions {
  /** Number of layers: 18, 34, 50, 101 or 152. */
  depth: ResNetDepth
  /** Channels of the stem; stage `i` has `2 ** i` times as many inside its blocks. @default 64 */
  baseChannels?: number
  /** Stages whose feature maps are returned, 0 to 3, shallow to deep. @default [0, 1, 2, 3] */
  outIndices?: readonly number[]
  /**
   * How much of the network keeps its weights: -1 nothing, 0 the stem, `n` the stem and `n` stages.
   * Their norms use their running statistics.
   *
   * @default 1, with `numClasses` -1
   */
  frozenStages?: number
  /**
   * Every BatchNorm uses its running statistics in training too. @default true, with `numClasses`
   * false
   */
  normEval?: boolean
  /** Adds the classifier. */
  numClasses?: number
  /**
   * While training, each convolution and its norm are a pair with an activation between that fades
   * out, as in VanillaNet.
   *
   * @default false
   */
  deepTraining?: boolean
  /**
   * Order n of the series activation in place of each ReLU, whose kernel is `2 n + 1` wide; 0 keeps
   * the ReLU.
   *
   * @default 0
   */
  series?: number
  /**
   * With `deepTraining` or `series`: deploy form has merged convolutions and no norms. A plain
   * ResNet has one form.
   *
   * @default 'train'
   */
  form?: 'train' | 'deploy'
}

/** Options with everything filled in and checked. */
export interface ResolvedResNet {
  block: BlockKind
  /** Number of blocks of each stage. */
  blocks: readonly number[]
  baseChannels: number
  outIndices: readonly number[]
  frozenStages: number
  normEval: boolean
  numClasses: number | undefined
  deepTraining: boolean
  series: number
  form: 'train' | 'deploy'
}

const STAGES = 4

/** Fills in the variant and the defaults, and refuses what cannot be built. */
export function resolveResNet(options: ResNetOptions): ResolvedResNet {
  const { depth, baseChannels = 64, numClasses } = options
  const isClassifier = numClasses !== undefined
  const { outIndices = [0, 1, 2, 3] } = options
  const { frozenStages = isClassifier ? -1 : 1, normEval = !isClassifier } = options
  const { deepTraining = false, series = 0, form = 'train' } = options
  if (!resNetDepths.includes(depth)) {
    throw new ConfigError('depth', `is ${depth}`, `use one of ${resNetDepths.join(', ')}`)
  }
  checkInteger('baseChannels', baseChannels, 1, Number.POSITIVE_INFINITY)
  checkInteger('frozenStages', frozenStages, -1, STAGES)
  checkInteger('series', series, 0, Number.POSITIVE_INFINITY)
  if (isClassifier) checkInteger('numClasses', numClasses, 1, Number.POSITIVE_INFINITY)
  if (outIndices.length === 0) {
    throw new ConfigError('outIndices', 'is empty', 'name at least one stage')
  }
  for (const [i, index] of outIndices.entries()) {
    checkInteger(`outIndices[${i}]`, index, 0, STAGES - 1)
    if (i > 0 && index <= outIndices[i - 1]) {
      throw new ConfigError(
        `outIndices[${i}]`,
        `is ${index} after ${outIndices[i - 1]}`,
        'list the stages from shallow to deep, each once',
      )
    }
  }
  const network = { ...VARIANTS[depth], baseChannels, deepTraining, series, form, numClasses }
  return { ...network, outIndices, frozenStages, normEval }
}

function checkInteger(key: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  const range =
    most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`
  throw new ConfigError(key, `is ${value}`, `use a whole number ${range}`)
}
