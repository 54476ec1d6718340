import type { Config } from '../../registry.js'

const FRAMEWORKS: Record<string, string> = { RetinaNet: 'RetinaNet', MaskRCNN: 'Mask R-CNN' }

/** How papers call a size of Swin Transformer. */
const SWIN_SIZES: Record<string, string> = { tiny: 'Swin-T', small: 'Swin-S' }

/** Options of a backbone that leave its architecture as it was published, however they are set. */
const FREE = new Set([
  'type',
  'arch',
  'depth',
  'actNum',
  'outIndices',
  'dropPathRate',
  'frozenStages',
  'normEval',
  'init',
])

/** Orders of VanillaNet's series activation: 3 as a classifier, 4 in the newest detectors. */
const PUBLISHED_ACT_NUMS = new Set([undefined, 3, 4])

/**
 * What papers call the parts of a detector. A backbone of other widths or depths than a published
 * one has the name of its type.
 */
export function networkNames({ model }: Config): { framework: string; backbone: string } {
  const framework = FRAMEWORKS[model.type] ?? model.type
  return { framework, backbone: backboneName(model.backbone) }
}

function backboneName(backbone: {
  type: string
  arch?: string
  depth?: number
  actNum?: number
}): string {
  const { type, arch, depth } = backbone
  const isPublished =
    Object.keys(backbone).every((key) => FREE.has(key)) && PUBLISHED_ACT_NUMS.has(backbone.actNum)
  if (!isPublished) return type
  if (type === 'VanillaNet' && arch !== undefined) return `VanillaNet-${arch}`
  if (type === 'SwinTransformer' && arch !== undefined) return SWIN_SIZES[arch] ?? type
  if (type === 'ResNet' && depth !== undefined) return `ResNet-${depth}`
  return type
}
