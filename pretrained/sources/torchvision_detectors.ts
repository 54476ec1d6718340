import type { NameRule, Source, TensorChange, Tensors } from '../name_rules.js'
import { withRows } from '../tensor_changes.js'

/**
 * torchvision's detectors have an output for each COCO category id from 0, the background, to 90.
 * Ten of the ids stand for nothing.
 */
const COCO_IDS = 91
const UNUSED_IDS = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83])

/**
 * Which of torchvision's outputs are classes, in the order of our labels: all but the background.
 */
function classIds(outputs: number): number[] {
  const ids = Array.from({ length: outputs - 1 }, (_, i) => i + 1)
  return outputs === COCO_IDS ? ids.filter((id) => !UNUSED_IDS.has(id)) : ids
}

/**
 * The rows of the outputs of `ids` for each of several anchors, or of several numbers for each id.
 */
function blocks(ids: readonly number[], size: number): number[] {
  return ids.flatMap((id) => Array.from({ length: size }, (_, i) => id * size + i))
}

const REGRESSION = 'head.regression_head.bbox_reg.bias'

/** Change that keeps for each anchor the outputs of our classes. */
const anchorClasses: TensorChange = {
  words: 'outputs of the classes alone',
  apply(tensor, all) {
    const anchors = anchorsOf(all)
    const outputs = Math.floor(tensor.shape[0] / anchors)
    const ids = classIds(outputs)
    const rows = Array.from({ length: anchors }, (_, a) => ids.map((id) => a * outputs + id))
    return withRows(tensor, rows.flat())
  },
}

function anchorsOf(all: Tensors): number {
  return Math.max(1, Math.floor((all[REGRESSION]?.shape[0] ?? 36) / 4))
}

const backgroundLast: TensorChange = {
  words: 'outputs of the classes, the background last',
  apply: (tensor) => withRows(tensor, [...classIds(tensor.shape[0]), 0]),
}

const classBoxes: TensorChange = {
  words: 'outputs of the classes alone',
  apply: (tensor) => withRows(tensor, blocks(classIds(tensor.shape[0] / 4), 4)),
}

const classMasks: TensorChange = {
  words: 'outputs of the classes alone',
  apply: (tensor) => withRows(tensor, classIds(tensor.shape[0])),
}

/** Before torchvision 0.13 the names lack the `.0` of its blocks. */
const pyramid: readonly NameRule[] = [
  { from: /^backbone\.body\.(.+)$/, to: 'backbone.$1' },
  {
    from: /^backbone\.fpn\.inner_blocks\.(\d)\.(?:0\.)?(weight|bias)$/,
    to: 'neck.lateral_convs.$1.conv.$2',
  },
  {
    from: /^backbone\.fpn\.layer_blocks\.(\d)\.(?:0\.)?(weight|bias)$/,
    to: 'neck.fpn_convs.$1.conv.$2',
  },
]

const RESNET_NOTE =
  'torchvision takes the norms of its COCO weights with an epsilon of 0, here it is 1e-5'

const ANCHOR_NOTE = 'torchvision rounds the sides of its anchors to whole pixels, here they are not'

export const torchvisionRetinaNet: Source = {
  name: 'RetinaNet, torchvision',
  sign: /^head\.classification_head\.cls_logits\.weight$/,
  rules: [
    ...pyramid,
    {
      from: /^backbone\.fpn\.extra_blocks\.p[67]\.(?:weight|bias)$/,
      because: 'torchvision makes P6 from P5 and P7 from the ReLU of P6, here P6 is made from C5',
    },
    {
      from: /^head\.(?:classification_head\.cls_logits)\.(weight|bias)$/,
      to: 'bbox_head.retina_cls.$1',
      change: anchorClasses,
    },
    { from: /^head\.regression_head\.bbox_reg\.(weight|bias)$/, to: 'bbox_head.retina_reg.$1' },
    { from: /^head\.(classification|regression)_head\.conv\.(\d)\.0\.(weight|bias)$/, to: tower },
    {
      // A ReLU between each two.
      from: /^head\.(classification|regression)_head\.conv\.([0246])\.(weight|bias)$/,
      to: (match) => tower(match, 2),
    },
  ],
  notes: [RESNET_NOTE, ANCHOR_NOTE],
}

function tower([, head, index, kind]: RegExpExecArray, every = 1): string {
  const name = head === 'classification' ? 'cls_convs' : 'reg_convs'
  return `bbox_head.${name}.${Number(index) / every}.conv.${kind}`
}

export const torchvisionMaskRCNN: Source = {
  name: 'Faster or Mask R-CNN, torchvision',
  sign: /^roi_heads\.box_predictor\.cls_score\.weight$/,
  rules: [
    ...pyramid,
    { from: /^rpn\.head\.conv\.(?:0\.0\.)?(weight|bias)$/, to: 'rpn_head.rpn_conv.$1' },
    { from: /^rpn\.head\.cls_logits\.(.+)$/, to: 'rpn_head.rpn_cls.$1' },
    { from: /^rpn\.head\.bbox_pred\.(.+)$/, to: 'rpn_head.rpn_reg.$1' },
    { from: /^roi_heads\.box_head\.fc6\.(.+)$/, to: 'roi_head.bbox_head.shared_fcs.0.$1' },
    { from: /^roi_heads\.box_head\.fc7\.(.+)$/, to: 'roi_head.bbox_head.shared_fcs.1.$1' },
    {
      from: /^roi_heads\.box_predictor\.cls_score\.(.+)$/,
      to: 'roi_head.bbox_head.fc_cls.$1',
      change: backgroundLast,
    },
    {
      from: /^roi_heads\.box_predictor\.bbox_pred\.(.+)$/,
      to: 'roi_head.bbox_head.fc_reg.$1',
      change: classBoxes,
    },
    {
      from: /^roi_heads\.mask_head\.(\d)\.0\.(weight|bias)$/,
      to: 'roi_head.mask_head.convs.$1.conv.$2',
    },
    {
      from: /^roi_heads\.mask_head\.mask_fcn([1-9])\.(weight|bias)$/,
      to: ([, index, kind]) => `roi_head.mask_head.convs.${Number(index) - 1}.conv.${kind}`,
    },
    {
      from: /^roi_heads\.mask_predictor\.conv5_mask\.(.+)$/,
      to: 'roi_head.mask_head.upsample.$1',
    },
    {
      from: /^roi_heads\.mask_predictor\.mask_fcn_logits\.(.+)$/,
      to: 'roi_head.mask_head.conv_logits.$1',
      change: classMasks,
    },
  ],
  notes: [
    RESNET_NOTE,
    ANCHOR_NOTE,
    'torchvision does not shift RoIs by half a cell of the feature map, here they are shifted; its weights were trained without',
  ],
}
