import { ConfigError } from '../../errors.js'

export interface ParamGroupOptions {
  /** Weight decay of every parameter that no rule below excludes. @default 0 */
  weightDecay?: number
  /**
   * Layer-wise learning rates for VanillaNet: a parameter of layer `id` gets
   * `rate ** (numLayers + 1 - id)` of the learning rate. Layers are numbered by `layerId`: in a
   * classifier a stage is a layer, in a detector two stages are.
   */
  layerDecay?: { rate: number; numLayers: number }
  /**
   * False: no weight decay for parameters with one axis and for those named `...bias`, as in the
   * official VanillaNet and ConvNeXt recipes. True: PyTorch's own behaviour.
   *
   * @default true, but false with `layerDecay`
   */
  decayVectors?: boolean
  /** No weight decay for parameters whose name contains one of these, such as Swin's `norm`. */
  noDecay?: readonly string[]
}

/** How one parameter is trained. */
export interface ParamGroup {
  /** Factor on the learning rate. */
  readonly lrScale: number
  readonly weightDecay: number
}

/**
 * Sorts parameters into groups that share a learning rate and a weight decay.
 *
 * Source: the layer-decay optimizer constructor of the official VanillaNet detection configs.
 *
 * @param shapes shape of each trainable parameter, by name.
 * @returns the groups, and for each name the index of its group.
 */
export function paramGroups(
  shapes: Readonly<Record<string, readonly number[]>>,
  options: ParamGroupOptions,
): { groups: ParamGroup[]; groupOf: Record<string, number> } {
  checkLayerDecay(Object.keys(shapes), options)
  const groups: ParamGroup[] = []
  const groupOf: Record<string, number> = {}
  for (const [name, shape] of Object.entries(shapes)) {
    const lrScale = lrScaleOf(name, options)
    const weightDecay = isDecayed(name, shape, options) ? (options.weightDecay ?? 0) : 0
    let index = groups.findIndex((g) => g.lrScale === lrScale && g.weightDecay === weightDecay)
    if (index < 0) index = groups.push({ lrScale, weightDecay }) - 1
    groupOf[name] = index
  }
  return { groups, groupOf }
}

/**
 * Layer of a VanillaNet's parameter: 0 for the stem, the stages after it, and `numLayers + 1` for
 * the classifier and for all of a detector that is not the backbone. In a classifier each stage is
 * a layer, in a detector, whose names start with `backbone.`, two stages are.
 *
 * Source: the two optimizer constructors of the official VanillaNet code.
 */
export function layerId(name: string, numLayers: number): number {
  const part = PART.exec(name)
  if (!part) return numLayers + 1
  const [, prefix, stage] = part
  if (stage === undefined) return 0
  return Math.floor(Number(stage) / (prefix ? 2 : 1)) + 1
}

/** The stem, or a numbered stage, of a backbone alone or in a detector. */
const PART = /^(backbone\.)?(?:stem|stages\.(\d+)\.)/

function lrScaleOf(name: string, { layerDecay }: ParamGroupOptions): number {
  if (layerDecay === undefined) return 1
  return layerDecay.rate ** (layerDecay.numLayers + 1 - layerId(name, layerDecay.numLayers))
}

function isDecayed(name: string, shape: readonly number[], options: ParamGroupOptions): boolean {
  const decayVectors = options.decayVectors ?? options.layerDecay === undefined
  if (!decayVectors && (shape.length === 1 || name.endsWith('.bias'))) return false
  return !(options.noDecay ?? []).some((part) => name.includes(part))
}

function checkLayerDecay(names: string[], { layerDecay }: ParamGroupOptions): void {
  if (layerDecay === undefined) return
  const { numLayers } = layerDecay
  const inBackbone = names.filter((name) => PART.test(name))
  if (inBackbone.length === 0) {
    throw new ConfigError(
      'optimizer.layerDecay',
      'has no effect, since layers are numbered by the names of VanillaNet (stem..., stages.N..., in a detector after backbone.) and no parameter has one',
      'remove it, or train a VanillaNet',
    )
  }
  const deepest = Math.max(...inBackbone.map((name) => layerId(name, numLayers)))
  if (deepest > numLayers) {
    throw new ConfigError(
      'optimizer.layerDecay.numLayers',
      `is ${numLayers}, but the backbone reaches layer ${deepest} (${inBackbone[0].startsWith('backbone.') ? 'two stages' : 'a stage'} a layer)`,
      `use ${deepest}`,
    )
  }
}
