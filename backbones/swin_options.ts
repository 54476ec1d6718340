import { ConfigError } from '../errors.js'

interface Variant {
  embedDim: number
  depths: readonly number[]
  numHeads: readonly number[]
}

/** Source: arXiv:2103.14030. */
const VARIANTS = {
  tiny: { embedDim: 96, depths: [2, 2, 6, 2], numHeads: [3, 6, 12, 24] },
  small: { embedDim: 96, depths: [2, 2, 18, 2], numHeads: [3, 6, 12, 24] },
} satisfies Record<string, Variant>

export type SwinArch = keyof typeof VARIANTS

/** Names of the published variants. */
export const swinArchs = Object.keys(VARIANTS) as SwinArch[]

export interface SwinOptions {
  /** A published variant; `embedDim`, `depths` and `numHeads` replace its own. */
  arch?: SwinArch
  /** Channels of the first stage; each later stage has twice those of the one before. */
  embedDim?: number
  /** Blocks of each stage; every second one shifts its windows. */
  depths?: readonly number[]
  /** Heads of each stage. */
  numHeads?: readonly number[]
  /** Cells on a side of a window. @default 7 */
  windowSize?: number
  /** Hidden channels of a block's MLP over its own. @default 4 */
  mlpRatio?: number
  /**
   * Chance of the last block's branches to be left out while training; it grows evenly from 0 at
   * the first.
   *
   * @default 0
   */
  dropPathRate?: number
  /**
   * Stages whose feature maps are returned, shallow to deep. Those behind the last of them are not
   * built.
   *
   * @default all
   */
  outIndices?: readonly number[]
}

/** Options with everything filled in and checked. */
export type ResolvedSwinOptions = Required<Omit<SwinOptions, 'arch'>>

/** Largest number of stages: as many as there are output norms. */
const MAX_STAGES = 4

/** Fills in the variant and the defaults, and refuses what cannot be built. */
export function resolveSwinOptions(options: SwinOptions): ResolvedSwinOptions {
  const variant = variantOf(options)
  const { embedDim, depths, numHeads } = variant
  const { windowSize = 7, mlpRatio = 4, dropPathRate = 0 } = options
  const { outIndices = depths.map((_, i) => i) } = options
  const resolved = { ...variant, windowSize, mlpRatio, dropPathRate, outIndices }

  const integers = { embedDim: [embedDim], windowSize: [windowSize], depths, numHeads }
  for (const [key, values] of Object.entries(integers)) {
    const bad = values.find((value) => !Number.isInteger(value) || value < 1)
    if (bad !== undefined) refuse(key, `has ${bad}`, 'use whole numbers of at least 1')
  }
  if (depths.length > MAX_STAGES) {
    refuse(
      'depths',
      `has ${depths.length} entries`,
      `give at most ${MAX_STAGES}, one for each stage`,
    )
  }
  if (numHeads.length !== depths.length) {
    refuse(
      'numHeads',
      `has ${numHeads.length} entries, but depths has ${depths.length}`,
      'give one for each stage',
    )
  }
  for (const [i, heads] of numHeads.entries()) {
    const channels = embedDim * 2 ** i
    if (channels % heads === 0) continue
    const what = `is ${heads}, which does not divide the ${channels} channels of that stage`
    refuse(`numHeads[${i}]`, what, 'choose heads of whole numbers of channels')
  }
  if (!(mlpRatio > 0) || !Number.isInteger(mlpRatio * embedDim)) {
    refuse('mlpRatio', `is ${mlpRatio}`, 'use a positive number that gives whole channels')
  }
  if (!(dropPathRate >= 0 && dropPathRate < 1)) {
    refuse('dropPathRate', `is ${dropPathRate}`, 'use a number from 0 to below 1')
  }
  checkOutIndices(resolved, options.arch)
  return resolved
}

function variantOf({ arch, embedDim, depths, numHeads }: SwinOptions): Variant {
  if (arch !== undefined && !swinArchs.includes(arch)) {
    refuse('arch', `is '${arch}'`, `use one of ${swinArchs.join(', ')}`)
  }
  const variant: Partial<Variant> = arch ? VARIANTS[arch] : {}
  const own = {
    embedDim: embedDim ?? variant.embedDim,
    depths: depths ?? variant.depths,
    numHeads: numHeads ?? variant.numHeads,
  }
  const missing = Object.entries(own).find(([, value]) => value === undefined)
  if (missing) {
    const fix = "give an arch such as 'tiny', or embedDim, depths and numHeads"
    refuse('arch', `is not given, nor is ${missing[0]}`, fix)
  }
  return own as Variant
}

function checkOutIndices({ outIndices, depths }: ResolvedSwinOptions, arch?: SwinArch): void {
  const name = arch === undefined ? 'this SwinTransformer' : `Swin '${arch}'`
  if (outIndices.length === 0) refuse('outIndices', 'is empty', 'name at least one stage')
  for (const [i, index] of outIndices.entries()) {
    const where = `outIndices[${i}]`
    if (!Number.isInteger(index) || index < 0 || index >= depths.length) {
      const what = `is ${index}, but ${name} has ${depths.length} stages`
      refuse(where, what, `use 0 to ${depths.length - 1}`)
    }
    if (i > 0 && index <= outIndices[i - 1]) {
      const what = `is ${index} after ${outIndices[i - 1]}`
      refuse(where, what, 'list the stages from shallow to deep, each once')
    }
  }
}

function refuse(key: string, what: string, fix: string): never {
  throw new ConfigError(key, what, fix)
}
