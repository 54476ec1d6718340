import test, { type ExecutionContext } from 'ava'
import maskRCNNR50 from '../../configs/mask_rcnn_r50.js'
import maskRCNNSwinT from '../../configs/mask_rcnn_swin_t.js'
import retinaNetR50 from '../../configs/retinanet_r50.js'
import retinaNetSwinT from '../../configs/retinanet_swin_t.js'
import { adaptNames } from '../../pretrained/adapt_names.js'
import { explainMatch, requireExplained } from '../../pretrained/explain_match.js'
import type { Config } from '../../registry.js'
import { fileOf, namesOf, shapesOf } from './known_names.js'

const CLASSIFIER = "the classifier's, which the model does not have"
const BEFORE_CLASSIFIER = 'the norm before the classifier, which the model does not have'
const OUTPUT_NORMS =
  'a classifier has no norms at the outputs of its stages, so these start as 1 and 0'
const BACKBONE_ALONE = 'the file holds a backbone alone, so the rest of the detector starts anew'
const COUNTER = 'a counter of BatchNorm, which nothing uses'
const COMPUTED = 'computed from the sizes of window and image'

/**
 * How many tensors of a known model go which way in the model of a config, the misses by their
 * reasons.
 */
function outcome(t: ExecutionContext, model: string, config: Config) {
  const adapted = adaptNames(fileOf(namesOf(model)))
  const { report } = explainMatch(adapted, shapesOf(config))
  t.notThrows(() => requireExplained(report))
  const counts = { loaded: report.loaded.length, source: report.source }
  const misses: Record<string, number> = {}
  for (const { because } of [...report.missing, ...report.unexpected, ...report.otherShape]) {
    const reason = because ?? 'NONE'
    misses[reason] = (misses[reason] ?? 0) + 1
  }
  return { ...counts, misses }
}

for (const model of ['torchvision_resnet50', 'timm_resnet50']) {
  test(`${model} loads into RetinaNet by name, nothing unexplained`, (t) => {
    t.deepEqual(outcome(t, model, retinaNetR50), {
      source: 'ResNet, torchvision or timm',
      loaded: 265,
      misses: { [BACKBONE_ALONE]: 36, [COUNTER]: 53, [CLASSIFIER]: 2 },
    })
  })
}

test('of ResNets it is told that the names do not tell the style', (t) => {
  const [note] = adaptNames(fileOf(namesOf('torchvision_resnet50'))).notes
  t.regex(note, /mmdetection's caffe style have the same names, but take BGR pixels/)
})

test('torchvision_resnet18 loads by name, nothing unexplained', (t) => {
  const { model } = retinaNetR50
  if (model.type !== 'RetinaNet' || model.backbone.type !== 'ResNet') return t.fail()
  const backbone = { ...model.backbone, depth: 18 as const }
  t.deepEqual(
    outcome(t, 'torchvision_resnet18', { ...retinaNetR50, model: { ...model, backbone } }),
    {
      source: 'ResNet, torchvision or timm',
      loaded: 100,
      misses: { [BACKBONE_ALONE]: 36, [COUNTER]: 20, [CLASSIFIER]: 2 },
    },
  )
})

test('timm_swin_t loads by name, nothing unexplained', (t) => {
  t.deepEqual(outcome(t, 'timm_swin_t', maskRCNNSwinT), {
    source: 'Swin Transformer, timm',
    loaded: 169,
    misses: { [OUTPUT_NORMS]: 8, [BACKBONE_ALONE]: 42, [BEFORE_CLASSIFIER]: 2, [CLASSIFIER]: 2 },
  })
})

test('timm_swin_s loads by name, nothing unexplained', (t) => {
  const { model } = maskRCNNSwinT
  if (model.type !== 'MaskRCNN' || model.backbone.type !== 'SwinTransformer') return t.fail()
  const backbone = { ...model.backbone, arch: 'small' as const }
  t.is(outcome(t, 'timm_swin_s', { ...maskRCNNSwinT, model: { ...model, backbone } }).loaded, 325)
})

test('torchvision_swin_t loads by name, nothing unexplained', (t) => {
  t.deepEqual(outcome(t, 'torchvision_swin_t', retinaNetSwinT), {
    source: 'Swin Transformer, torchvision',
    loaded: 169,
    misses: {
      ...{ [OUTPUT_NORMS]: 6, [BACKBONE_ALONE]: 36, [COMPUTED]: 12 },
      ...{ [BEFORE_CLASSIFIER]: 2, [CLASSIFIER]: 2 },
    },
  })
})

test("the Swin repository's file loads by name, its masks and indices explained", (t) => {
  const names = namesOf('timm_swin_t').map(([name, shape]): [string, number[]] => {
    const moved = name.replace(/^layers\.(\d)\.downsample/, (_, i) => `layers.${i - 1}.downsample`)
    return [moved.replace('head.fc', 'head'), shape]
  })
  const buffers: [string, number[]][] = [
    ['layers.0.blocks.0.attn.relative_position_index', [49, 49]],
    ['layers.0.blocks.1.attn_mask', [64, 49, 49]],
  ]
  const adapted = adaptNames(fileOf([...names, ...buffers], { key: 'model' }))
  const { report } = explainMatch(adapted, shapesOf(retinaNetSwinT))
  t.is(report.source, 'Swin Transformer, its official repository')
  t.is(report.loaded.length, 169)
  t.notThrows(() => requireExplained(report))
  t.is(report.unexpected.filter(({ because }) => because === COMPUTED).length, 2)
})

test('stages that a Swin Transformer is built without are explained', (t) => {
  const { model } = retinaNetSwinT
  if (model.type !== 'RetinaNet' || model.backbone.type !== 'SwinTransformer') return t.fail()
  const backbone = { ...model.backbone, outIndices: [0, 1] }
  const { misses } = outcome(t, 'timm_swin_t', { ...retinaNetSwinT, model: { ...model, backbone } })
  const reason = 'of a stage that the model is built without, as nothing is taken from it'
  t.true(misses[reason] > 0)
})

test("torchvision's RetinaNet loads but for P6 and P7, which it makes otherwise", (t) => {
  t.deepEqual(outcome(t, 'torchvision_retinanet_resnet50_fpn', retinaNetR50), {
    source: 'RetinaNet, torchvision',
    loaded: 297,
    misses: {
      'torchvision makes P6 from P5 and P7 from the ReLU of P6, here P6 is made from C5': 4,
      'the file makes P6 and P7 in another way, so these start anew': 4,
      [COUNTER]: 53,
    },
  })
})

test("torchvision's Mask R-CNN loads whole", (t) => {
  t.deepEqual(outcome(t, 'torchvision_maskrcnn_resnet50_fpn', maskRCNNR50), {
    source: 'Faster or Mask R-CNN, torchvision',
    loaded: 307,
    misses: { [COUNTER]: 53 },
  })
})

/** The names that torchvision's published files have, from before version 0.13. */
function beforeBlocks(name: string): string {
  return name
    .replace(/_head\.conv\.(\d)\.0\./, (_, i) => `_head.conv.${2 * i}.`)
    .replace(/(_blocks\.\d)\.0\./, '$1.')
    .replace('rpn.head.conv.0.0.', 'rpn.head.conv.')
    .replace(/mask_head\.(\d)\.0\./, (_, i) => `mask_head.mask_fcn${Number(i) + 1}.`)
}

for (const model of ['retinanet', 'maskrcnn']) {
  test(`the names of torchvision's published ${model} file become the same`, (t) => {
    const names = namesOf(`torchvision_${model}_resnet50_fpn`)
    const old = names.map(([name, shape]): [string, number[]] => [beforeBlocks(name), shape])
    t.true(old.filter(([name], i) => name !== names[i][0]).length >= 20)
    const adapted = adaptNames(fileOf(old))
    t.deepEqual(Object.keys(adapted.tensors), Object.keys(adaptNames(fileOf(names)).tensors))
  })
}

test("torchvision's second versions, which have norms in their heads, are refused with names", (t) => {
  const adapted = adaptNames(fileOf(namesOf('torchvision_maskrcnn_resnet50_fpn_v2')))
  const { report } = explainMatch(adapted, shapesOf(maskRCNNR50))
  const error = t.throws(() => requireExplained(report))
  t.regex(error.message, /without a reason \(neck\.lateral_convs\.0\.conv\.bias, /)
})

/** First values of the rows of a tensor, which are the numbers of the rows they came from. */
async function rowsOf(model: string, name: string): Promise<number[]> {
  const { tensors } = adaptNames(fileOf(namesOf(model)))
  const { shape, data } = await tensors[name].read()
  const size = data.length / shape[0]
  return Array.from({ length: shape[0] }, (_, row) => data[row * size])
}

test('Mask R-CNN: the background comes last, and the outputs of unused ids are left out', async (t) => {
  const model = 'torchvision_maskrcnn_resnet50_fpn'
  const rows = await rowsOf(model, 'roi_head.bbox_head.fc_cls.weight')
  t.is(rows.length, 81)
  // person, fire hydrant, stop sign (13, as 12 is unused), toothbrush, background
  t.deepEqual([rows[0], rows[10], rows[11], rows[79], rows[80]], [1, 11, 13, 90, 0])
  t.deepEqual((await rowsOf(model, 'roi_head.bbox_head.fc_cls.bias')).slice(-2), [90, 0])
  const boxes = await rowsOf(model, 'roi_head.bbox_head.fc_reg.weight')
  t.is(boxes.length, 320)
  t.deepEqual(boxes.slice(44, 48), [52, 53, 54, 55])
  const masks = await rowsOf(model, 'roi_head.mask_head.conv_logits.weight')
  t.deepEqual([masks.length, masks[0], masks[79]], [80, 1, 90])
})

test('RetinaNet: each anchor keeps the outputs of our classes', async (t) => {
  const model = 'torchvision_retinanet_resnet50_fpn'
  const rows = await rowsOf(model, 'bbox_head.retina_cls.weight')
  t.is(rows.length, 720)
  t.deepEqual([rows[0], rows[79], rows[80], rows[720 - 1]], [1, 90, 92, 8 * 91 + 90])
})

test('a detector of other classes loses its background alone', async (t) => {
  const names: [string, number[]][] = [
    ['roi_heads.box_predictor.cls_score.weight', [4, 2]],
    ['roi_heads.box_predictor.bbox_pred.bias', [16]],
  ]
  const { tensors } = adaptNames(fileOf(names))
  const classes = await tensors['roi_head.bbox_head.fc_cls.weight'].read()
  t.deepEqual([...classes.data].map(Math.floor), [1, 1, 2, 2, 3, 3, 0, 0])
  const boxes = await tensors['roi_head.bbox_head.fc_reg.bias'].read()
  t.deepEqual([...boxes.data], [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
})

/** mmdetection's names for two stages of a Swin Transformer. */
const mmdetection: [string, number[]][] = [
  ['backbone.patch_embed.projection.weight', [8, 3, 4, 4]],
  ['backbone.patch_embed.norm.weight', [8]],
  ['backbone.stages.0.blocks.0.norm1.weight', [8]],
  ['backbone.stages.0.blocks.0.attn.w_msa.relative_position_bias_table', [169, 2]],
  ['backbone.stages.0.blocks.0.attn.w_msa.qkv.weight', [24, 8]],
  ['backbone.stages.0.blocks.0.ffn.layers.0.0.weight', [32, 8]],
  ['backbone.stages.0.blocks.0.ffn.layers.1.weight', [8, 32]],
  ['backbone.stages.0.downsample.norm.weight', [32]],
  ['backbone.stages.0.downsample.reduction.weight', [16, 32]],
  ['backbone.norm0.weight', [8]],
  ['neck.lateral_convs.0.conv.weight', [4, 8, 1, 1]],
]

test("mmdetection's own Swin Transformer gets our names", (t) => {
  const { source, tensors } = adaptNames(fileOf(mmdetection))
  t.is(source, "a detector with mmdetection's names; Swin Transformer, mmdetection")
  t.deepEqual(Object.keys(tensors), [
    'backbone.patch_embed.proj.weight',
    'backbone.patch_embed.norm.weight',
    'backbone.layers.0.blocks.0.norm1.weight',
    'backbone.layers.0.blocks.0.attn.relative_position_bias_table',
    'backbone.layers.0.blocks.0.attn.qkv.weight',
    'backbone.layers.0.blocks.0.mlp.fc1.weight',
    'backbone.layers.0.blocks.0.mlp.fc2.weight',
    'backbone.layers.0.downsample.norm.weight',
    'backbone.layers.0.downsample.reduction.weight',
    'backbone.norm0.weight',
    'neck.lateral_convs.0.conv.weight',
  ])
})

test("mmdetection's merged patches are put into our order", async (t) => {
  const { tensors } = adaptNames(fileOf(mmdetection))
  const { data } = await tensors['backbone.layers.0.downsample.reduction.weight'].read()
  // There: a channel's four cells row by row (unfold). Here: cells column by column, each with all
  // channels.
  const expected: number[] = []
  for (const column of [0, 1]) {
    for (const row of [0, 1]) {
      for (let channel = 0; channel < 8; channel++) expected.push(channel * 4 + row * 2 + column)
    }
  }
  t.deepEqual(
    [...data.slice(0, 32)].map((value) => Math.round(value * 1000)),
    expected,
  )
  const norm = await tensors['backbone.layers.0.downsample.norm.weight'].read()
  t.deepEqual([...norm.data], expected)
})

test('a converted file is of its own source, though it has its classes where our checkpoints have theirs', (t) => {
  const sourceOf = (vanilladet: string) =>
    adaptNames(fileOf(namesOf('timm_swin_t'), { metadata: { vanilladet } })).source
  t.is(sourceOf('{"classes":["cat"]}'), 'Swin Transformer, timm')
  t.is(sourceOf('{"iteration":7,"classes":["cat"]}'), 'vanilladet')
})

test('two names that become one are refused', (t) => {
  const names: [string, number[]][] = [
    ['layers.1.downsample.reduction.weight', [2, 4]],
    ['head.fc.weight', [1, 2]],
    ['head.weight', [1, 2]],
  ]
  t.throws(() => adaptNames(fileOf(names)), {
    message:
      'file.pth: both head.fc.weight and head.weight are head.weight here; leave out one of them',
  })
})
