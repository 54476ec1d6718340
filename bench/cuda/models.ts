import maskRcnnSwin from '../../configs/mask_rcnn_swin_t.js'
import maskRcnnVanilla from '../../configs/mask_rcnn_vanilla13.js'
import retinanetSwin from '../../configs/retinanet_swin_t.js'
import tinyShapes from '../../configs/retinanet_tiny_shapes.js'
import retinanetVanilla from '../../configs/retinanet_vanilla13.js'
import { resolveConfig } from '../../experiments/load.js'
import type { Config } from '../../registry.js'

const CONFIGS = {
  retinanet_vanilla13: retinanetVanilla,
  mask_rcnn_vanilla13: maskRcnnVanilla,
  retinanet_swin_t: retinanetSwin,
  mask_rcnn_swin_t: maskRcnnSwin,
  retinanet_tiny_shapes: tinyShapes,
}

export type ModelName = keyof typeof CONFIGS

/** Backbones of a few channels and stages, with the strides of the large ones. */
const NARROW = {
  VanillaNet: { type: 'VanillaNet', dims: [16, 16, 16, 16, 16], strides: [1, 2, 2, 2], actNum: 2 },
  SwinTransformer: {
    type: 'SwinTransformer',
    embedDim: 12,
    depths: [1, 1, 1, 1],
    numHeads: [1, 1, 2, 2],
  },
} as const

/** Stages of the narrow backbones whose maps are read: strides 4 to 32, or of RetinaNet 8 to 32. */
const TAPS = [0, 1, 2, 3]

/** A second stage that looks at few RoIs. */
const FEW_ROIS = {
  rpnHead: { type: 'RPNHead', test: { maxPerImage: 50 } },
  roiHead: { type: 'RoIHead', sampler: { num: 32, posFraction: 0.25 }, test: { maxPerImage: 10 } },
}

/** @param isShort with a narrow backbone and few RoIs, so that little is computed. */
export function configOf(name: ModelName, isShort: boolean): Config {
  const config = CONFIGS[name]
  const { backbone, type } = config.model
  if (!isShort || name === 'retinanet_tiny_shapes') return resolveConfig(config)
  if (!(backbone.type in NARROW)) throw new Error(`bench/cuda has no narrow ${backbone.type}`)
  const narrow = NARROW[backbone.type as keyof typeof NARROW]
  const outIndices = type === 'RetinaNet' ? TAPS.slice(1) : TAPS
  const rois = type === 'MaskRCNN' ? FEW_ROIS : {}
  const model = { ...config.model, ...rois, backbone: { ...narrow, outIndices } }
  return resolveConfig({ ...config, model })
}
