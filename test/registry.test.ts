import test from 'ava'
import { z } from 'zod'
import { Backbone, VanillaNet } from '../backbones/index.js'
import { isClassifier } from '../classifiers/classifier.js'
import { MaskRCNN, RetinaNet } from '../detectors/index.js'
import { ConfigError } from '../errors.js'
import { resolveConfig } from '../experiments/load.js'
import { Conv2d } from '../nn/index.js'
import {
  backbones,
  buildDetector,
  buildModel,
  type Config,
  type DataConfig,
  defineConfig,
  type ModelConfig,
} from '../registry.js'
import * as tf from '../tf/tf.js'

const model: ModelConfig & { type: 'RetinaNet' } = {
  type: 'RetinaNet',
  numClasses: 3,
  backbone: {
    type: 'VanillaNet',
    dims: [8, 16, 16, 16],
    strides: [2, 2, 2],
    actNum: 1,
    outIndices: [0, 1, 2],
  },
  neck: { type: 'FPN', outChannels: 16, addExtraConvs: 'on_input' },
  head: { type: 'RetinaHead', featChannels: 16, stackedConvs: 1 },
}
const data: DataConfig = {
  train: { annFile: 'a.json', imageDir: 'images' },
  val: { annFile: 'b.json', imageDir: 'images' },
  scales: [[64, 48]],
  testScale: [64, 48],
  batchSize: 2,
  flip: 0.5,
  bucketStep: 32,
}
const config: Config = defineConfig({
  model,
  data,
  optimizer: { type: 'AdamW', learningRate: 1e-3 },
  schedule: { epochs: 1 },
})

/** The message of the error that `--cfg-options` items give. */
function refusal(...items: string[]): string {
  try {
    buildDetector(resolveConfig(config, items).model)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

test('a sound config comes back as it is', (t) => {
  t.deepEqual(resolveConfig(config), config)
})

test('an unknown key is named with the nearest valid one, at any depth', (t) => {
  const cases = {
    'modle.x=1': 'modle is not an option of a config; did you mean model?',
    'model.numClases=3': 'model.numClases is not an option of RetinaNet; did you mean numClasses?',
    'model.backbone.actNumm=3':
      'model.backbone.actNumm is not an option of VanillaNet; did you mean actNum?',
    'model.head.anchors.stride=[8]':
      'model.head.anchors.stride is not an option of anchors; did you mean strides?',
    'model.head.focalLoss.gama=1':
      'model.head.focalLoss.gama is not an option of focalLoss; did you mean gamma?',
    'data.train.annfile=x':
      'data.train.annfile is not an option of data.train; did you mean annFile?',
    'optimizer.layerDecay={"rat":0.6,"numLayers":6}':
      'optimizer.layerDecay.rat is not an option of optimizer.layerDecay; did you mean rate?',
    'schedule.polizy=step': 'schedule.polizy is not an option of schedule; did you mean policy?',
    'ema.decy=0.9': 'ema.decy is not an option of ema; did you mean decay?',
    'checkpoint.kep=1': 'checkpoint.kep is not an option of checkpoint; did you mean keep?',
  }
  for (const [item, message] of Object.entries(cases)) t.is(refusal(item), message)
})

test('an unknown key that is like no other is named with all of them', (t) => {
  t.is(
    refusal('data.train.x=1'),
    'data.train.x is not an option of data.train; use annFile, imageDir or limit',
  )
})

test('an unknown type is named with the nearest registered one', (t) => {
  t.is(
    refusal('model.backbone.type=VanilaNet'),
    'model.backbone.type is "VanilaNet", which is not a registered backbone; did you mean VanillaNet?',
  )
  t.is(
    refusal('model.type=YOLO'),
    'model.type is "YOLO", which is not a registered model; use RetinaNet, MaskRCNN or Classifier',
  )
  t.is(refusal('model.neck={}'), 'model.neck.type is missing; use FPN')
  t.is(
    refusal('optimizer.type=AdmW'),
    'optimizer.type is "AdmW"; use "AdamW", "Adam", "LAMB" or "SGD"',
  )
})

test('values of the wrong kind are told with the kind that is right', (t) => {
  const cases = {
    'optimizer.learningRate=fast':
      'optimizer.learningRate is "fast", which is not a number; give a number',
    'data.batchSize=1.5': 'data.batchSize is 1.5, which is not an integer; give an integer',
    'data.flip="0.5"': 'data.flip is "0.5", which is not a number; give a number',
    'model.backbone=5':
      'model.backbone is 5, which is not a group of options; give a group of options',
    'data.scales=800': 'data.scales is 800, which is not a list; give a list',
    'data.cache=true': 'data.cache is true; use text or false',
    'data.train.annFile=3': 'data.train.annFile is 3, which is not text; give text',
    'model.backbone.normEval=1':
      'model.backbone.normEval is 1, which is not true or false; give true or false',
  }
  for (const [item, message] of Object.entries(cases)) t.is(refusal(item), message)
})

test('values out of range are told with the range', (t) => {
  const cases = {
    'optimizer.learningRate=-1':
      'optimizer.learningRate is -1, which is too small; give a number above 0',
    'data.flip=2': 'data.flip is 2, which is too large; give a number of at most 1',
    'data.train.limit=0': 'data.train.limit is 0, which is too small; give a number of at least 1',
    'data.scales=[[512]]': 'data.scales[0] has 1 value; give 2',
    'data.scales=[]': 'data.scales has 0 values; give at least 1',
    'data.bucketStep=40': 'data.bucketStep is 40; give a multiple of 32',
    'data.shapes=0': 'data.shapes is 0, which is too small; give a number of at least 1',
    'data.shapes=101': 'data.shapes is 101, which is too large; give a number of at most 100',
    'data.train.annFile=': 'data.train.annFile is empty; give a text',
    'schedule.policy=exp': 'schedule.policy is "exp"; use "step" or "cosine"',
    'model.neck.addExtraConvs=on_output':
      'model.neck.addExtraConvs is "on_output"; use "on_input" or false',
  }
  for (const [item, message] of Object.entries(cases)) t.is(refusal(item), message)
})

test('a missing value is told', (t) => {
  const { annFile: _, ...train } = data.train
  t.throws(() => resolveConfig({ ...config, data: { ...data, train } }), {
    name: 'ConfigError',
    message: 'data.train.annFile is missing; give text',
  })
  t.throws(() => resolveConfig({}), {
    message: 'model is missing; give a group of options',
  })
})

test('a mistyped key is told before the key that it leaves missing', (t) => {
  const { outIndices, ...backbone } = model.backbone as {
    type: 'VanillaNet'
    outIndices?: readonly number[]
  }
  const mistyped = { ...model, backbone: { ...backbone, outIndexes: outIndices } }
  t.throws(() => resolveConfig({ ...config, model: mistyped }), {
    message: 'model.backbone.outIndexes is not an option of VanillaNet; did you mean outIndices?',
  })
  const { learningRate, ...optimizer } = config.optimizer!
  t.throws(() => resolveConfig({ ...config, optimizer: { ...optimizer, learningrate: 1 } }), {
    message: 'optimizer.learningrate is not an option of AdamW; did you mean learningRate?',
  })
})

test('what a network refuses is told with its path', (t) => {
  t.is(
    refusal('model.backbone.outIndices=[0,1,7]'),
    'model.backbone.outIndices[2] is 7, but this VanillaNet has 3 stages; use 0 to 2',
  )
})

test('anchors of other strides than the feature maps are refused', (t) => {
  t.is(refusal('model.head.anchors.strides=[8,16,32,64,128]'), 'accepted')
  t.is(
    refusal('model.head.anchors.strides=[4,8,16,32,64]'),
    'model.head.anchors.strides is [4,8,16,32,64], but the feature maps have the strides [8,16,32,64,128]; leave it out to use those',
  )
})

test('anchor strides follow the taps and the levels', (t) => {
  const items = ['model.backbone.outIndices=[1,2]', 'model.neck.numOuts=3']
  const detector = buildDetector(resolveConfig(config, items).model) as RetinaNet
  t.deepEqual(detector.bbox_head.anchors.strides, [16, 32, 64])
})

test('backbone, neck and head are wired by their channels', (t) => {
  const detector = buildDetector(model)
  t.true(detector instanceof RetinaNet)
  const shapes = Object.fromEntries(detector.namedParameters().map(([name, p]) => [name, p.shape]))
  t.deepEqual(shapes['neck.lateral_convs.0.conv.weight'], [16, 16, 1, 1])
  t.deepEqual(shapes['bbox_head.retina_cls.weight'], [27, 16, 3, 3])
})

test('the deploy form has the merged names', (t) => {
  const names = buildDetector(model, { form: 'deploy' })
    .namedParameters()
    .map(([name]) => name)
  t.true(names.includes('backbone.stem.0.weight'))
  t.false(names.includes('backbone.stem1.0.weight'))
})

test('on the command line an arch may look like a number', (t) => {
  const { model: built } = resolveConfig(
    { model: { ...model, backbone: { type: 'VanillaNet', arch: '13', outIndices: [0, 1, 2] } } },
    ['model.backbone.arch=5'],
  )
  t.is((built.backbone as { arch?: string }).arch, '5')
})

test('a classifier has the parameters of its backbone, and detects nothing', (t) => {
  const classifier: ModelConfig = { type: 'Classifier', numClasses: 10, backbone: model.backbone }
  const built = buildModel(classifier)
  t.true(isClassifier(built) && built.backbone instanceof VanillaNet)
  t.true(built.namedParameters().some(([name]) => name === 'cls2.0.weight'))
  t.throws(() => buildDetector(classifier), {
    message: 'model.type is Classifier, which detects nothing; choose a detector such as RetinaNet',
  })
})

const maskRcnn: ModelConfig & { type: 'MaskRCNN' } = {
  type: 'MaskRCNN',
  numClasses: 3,
  backbone: {
    type: 'VanillaNet',
    dims: [8, 16, 24, 16, 16],
    strides: [1, 2, 2, 2],
    actNum: 1,
    outIndices: [0, 1, 2, 3],
  },
  neck: { type: 'FPN', outChannels: 16 },
  rpnHead: { type: 'RPNHead', featChannels: 8 },
  roiHead: { type: 'RoIHead', bbox: { fcChannels: 12 }, mask: { convChannels: 8 } },
}

function maskRcnnRefusal(...items: string[]): string {
  try {
    buildDetector(resolveConfig({ ...config, model: maskRcnn }, items).model)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

test('a Mask R-CNN is wired by its channels, classes and strides', (t) => {
  const detector = buildDetector(maskRcnn) as MaskRCNN
  t.true(detector instanceof MaskRCNN)
  const shapes = Object.fromEntries(detector.namedParameters().map(([name, p]) => [name, p.shape]))
  t.deepEqual(shapes['neck.lateral_convs.1.conv.weight'], [16, 24, 1, 1])
  t.deepEqual(shapes['rpn_head.rpn_conv.weight'], [8, 16, 3, 3])
  t.deepEqual(shapes['rpn_head.rpn_cls.weight'], [3, 8, 1, 1])
  t.deepEqual(shapes['roi_head.bbox_head.shared_fcs.0.weight'], [12, 16 * 49])
  t.deepEqual(shapes['roi_head.bbox_head.fc_cls.weight'], [4, 12])
  t.deepEqual(shapes['roi_head.bbox_head.fc_reg.weight'], [12, 12])
  t.deepEqual(shapes['roi_head.mask_head.convs.0.conv.weight'], [8, 16, 3, 3])
  t.deepEqual(shapes['roi_head.mask_head.conv_logits.weight'], [3, 8, 1, 1])
  t.deepEqual(detector.rpn_head.anchors.strides, [4, 8, 16, 32, 64])
  t.deepEqual(detector.roi_head.extractor.strides, [4, 8, 16, 32])
})

test('options of both stages arrive there, beside the defaults', (t) => {
  const items = [
    'model.rpnHead.anchors.scales=[4]',
    'model.rpnHead.sampler={"num":64,"posFraction":0.25}',
    'model.rpnHead.train.nmsPre=300',
    'model.roiHead.extractor.finestScale=28',
    'model.roiHead.bbox.coder={"stds":[0.2,0.2,0.4,0.4]}',
    'model.roiHead.mask.roiSize=7',
    'model.roiHead.test.maxPerImage=20',
    'model.pixelMean=[1,2,3]',
  ]
  const resolved = resolveConfig({ ...config, model: maskRcnn }, items)
  const { rpn_head, roi_head, pixels } = buildDetector(resolved.model) as MaskRCNN
  t.deepEqual(rpn_head.anchors, { strides: [4, 8, 16, 32, 64], scales: [4], ratios: [0.5, 1, 2] })
  t.deepEqual(rpn_head.sampler, { num: 64, posFraction: 0.25 })
  t.deepEqual(rpn_head.selection, {
    train: { nmsPre: 300, iouThr: 0.7, maxPerImage: 1000 },
    test: { nmsPre: 1000, iouThr: 0.7, maxPerImage: 1000 },
  })
  t.deepEqual(roi_head.extractor, { strides: [4, 8, 16, 32], finestScale: 28, samplingRatio: 2 })
  t.deepEqual(roi_head.bbox_head.coder, { stds: [0.2, 0.2, 0.4, 0.4] })
  t.is(roi_head.mask_head.maskSize, 14)
  t.deepEqual(roi_head.test, { scoreThr: 0.05, iouThr: 0.5, maxPerImage: 20 })
  t.deepEqual(pixels.mean, [1, 2, 3])
})

test('strides of both stages follow the taps and the levels', (t) => {
  const items = ['model.backbone.outIndices=[1,2]', 'model.neck.numOuts=3']
  const resolved = resolveConfig({ ...config, model: maskRcnn }, items)
  const { rpn_head, roi_head } = buildDetector(resolved.model) as MaskRCNN
  t.deepEqual(rpn_head.anchors.strides, [8, 16, 32])
  t.deepEqual(roi_head.extractor.strides, [8, 16])
})

test('mistyped options of a Mask R-CNN are named with the nearest valid one', (t) => {
  const cases = {
    'model.rpnHed={}': 'model.rpnHed is not an option of MaskRCNN; did you mean rpnHead?',
    'model.head={}':
      'model.head is not an option of MaskRCNN; use numClasses, backbone, neck, rpnHead, roiHead, pixelMean, pixelStd or type',
    'model.rpnHead.featChanels=8':
      'model.rpnHead.featChanels is not an option of RPNHead; did you mean featChannels?',
    'model.rpnHead.anchors.scale=[8]':
      'model.rpnHead.anchors.scale is not an option of anchors; did you mean scales?',
    'model.rpnHead.sampler={"num":8,"posFration":0.5}':
      'model.rpnHead.sampler.posFration is not an option of sampler; did you mean posFraction?',
    'model.rpnHead.train.maxPerImg=8':
      'model.rpnHead.train.maxPerImg is not an option of train; did you mean maxPerImage?',
    'model.roiHead.extractor.sampleRatio=2':
      'model.roiHead.extractor.sampleRatio is not an option of extractor; did you mean samplingRatio?',
    'model.roiHead.bbox.fcChannel=8':
      'model.roiHead.bbox.fcChannel is not an option of bbox; did you mean fcChannels?',
    'model.roiHead.mask.numConv=2':
      'model.roiHead.mask.numConv is not an option of mask; did you mean numConvs?',
    'model.roiHead.bbox.coder={"std":[1,1,1,1]}':
      'model.roiHead.bbox.coder.std is not an option of coder; did you mean stds?',
    'model.roiHead.numClasses=3':
      'model.roiHead.numClasses is not an option of RoIHead; use extractor, bbox, mask, assigner, sampler, test or type',
  }
  for (const [item, message] of Object.entries(cases)) t.is(maskRcnnRefusal(item), message)
})

test('a Mask R-CNN lacks no part', (t) => {
  for (const part of ['backbone', 'neck', 'rpnHead', 'roiHead', 'numClasses'] as const) {
    const { [part]: _, ...rest } = maskRcnn
    const error = t.throws(() => resolveConfig({ ...config, model: rest }), { name: 'ConfigError' })
    const kind = part === 'numClasses' ? 'a number' : 'a group of options'
    t.is(error.message, `model.${part} is missing; give ${kind}`)
  }
  t.is(maskRcnnRefusal('model.rpnHead={}'), 'model.rpnHead.type is missing; use RPNHead')
  t.is(
    maskRcnnRefusal('model.rpnHead.type=RetinaHead'),
    'model.rpnHead.type is "RetinaHead", which is not a registered RPN head; use RPNHead',
  )
  t.is(
    maskRcnnRefusal('model.roiHead.type=RoiHead'),
    'model.roiHead.type is "RoiHead", which is not a registered RoI head; did you mean RoIHead?',
  )
})

test('values of a Mask R-CNN that cannot be are told', (t) => {
  const cases = {
    'model.rpnHead.anchors.scales=[]': 'model.rpnHead.anchors.scales has 0 values; give at least 1',
    'model.rpnHead.anchors.ratios=[]': 'model.rpnHead.anchors.ratios has 0 values; give at least 1',
    'model.rpnHead.test.nmsPre=0':
      'model.rpnHead.test.nmsPre is 0, which is too small; give a number of at least 1',
    'model.roiHead.extractor.samplingRatio=0':
      'model.roiHead.extractor.samplingRatio is 0, which is too small; give a number of at least 1',
    'model.roiHead.sampler={"num":8,"posFraction":2}':
      'model.roiHead.sampler.posFraction is 2, which is too large; give a number of at most 1',
    'model.roiHead.sampler={"num":8}':
      'model.roiHead.sampler.posFraction is missing; give a number',
    'model.roiHead.bbox.coder={"stds":[1,1,1]}':
      'model.roiHead.bbox.coder.stds has 3 values; give 4',
    'model.roiHead.mask.numConvs=-1':
      'model.roiHead.mask.numConvs is -1, which is too small; give a number of at least 0',
  }
  for (const [item, message] of Object.entries(cases)) t.is(maskRcnnRefusal(item), message)
})

test('anchors and RoIs of other strides than the feature maps are refused', (t) => {
  t.is(maskRcnnRefusal('model.rpnHead.anchors.strides=[4,8,16,32,64]'), 'accepted')
  t.is(
    maskRcnnRefusal('model.rpnHead.anchors.strides=[8,16,32,64,128]'),
    'model.rpnHead.anchors.strides is [8,16,32,64,128], but the feature maps have the strides [4,8,16,32,64]; leave it out to use those',
  )
  t.is(maskRcnnRefusal('model.roiHead.extractor.strides=[4,8,16,32]'), 'accepted')
  t.is(
    maskRcnnRefusal('model.roiHead.extractor.strides=[4,8,16]'),
    'model.roiHead.extractor.strides is [4,8,16], but the feature maps have the strides [4,8,16,32]; leave it out to use those',
  )
})

interface MyNetOptions {
  width: number
  depth?: number
}

declare module '../registry.js' {
  interface BackboneRegistry {
    MyNet: MyNetOptions
  }
}

class MyNet extends Backbone {
  readonly outChannels: number[]
  readonly strides = [8]
  private readonly stem: Conv2d

  constructor({ width }: MyNetOptions) {
    super()
    this.outChannels = [width]
    this.stem = new Conv2d({ inChannels: 3, outChannels: width, kernelSize: 8, stride: 8 })
  }

  override forward(images: tf.Tensor4D): tf.Tensor4D[] {
    return [tf.relu(this.stem.forward(images))]
  }
}

backbones.register('MyNet', {
  schema: z.object({ width: z.int().min(1), depth: z.int().optional() }),
  create: (options) => new MyNet(options),
})

test('a backbone of the user joins by one line, with its options checked', (t) => {
  const own = resolveConfig({ model: { ...model, backbone: { type: 'MyNet', width: 12 } } })
  const detector = buildDetector(own.model) as RetinaNet
  t.true(detector.backbone instanceof MyNet)
  t.deepEqual(detector.bbox_head.anchors.strides, [8, 16, 32, 64, 128])
  t.throws(() => resolveConfig({ model: { ...model, backbone: { type: 'MyNet', widht: 12 } } }), {
    message: 'model.backbone.widht is not an option of MyNet; did you mean width?',
  })
})

test('a name is registered once', (t) => {
  const entry = {
    schema: z.object({ width: z.int(), depth: z.int().optional() }),
    create: (options: MyNetOptions) => new MyNet(options),
  }
  t.throws(() => backbones.register('MyNet', entry), {
    message: 'the backbone MyNet is registered twice; give the second one another name',
  })
})

test('an editor refuses what the schema refuses', (t) => {
  const rejected = () => {
    // @ts-expect-error: no such option of VanillaNet
    defineConfig({ model: { ...model, backbone: { type: 'VanillaNet', arch: '13', actNumm: 3 } } })
    // @ts-expect-error: no such variant
    defineConfig({ model: { ...model, backbone: { type: 'VanillaNet', arch: '14' } } })
    // @ts-expect-error: no such backbone
    defineConfig({ model: { ...model, backbone: { type: 'Swin' } } })
    // @ts-expect-error: no such group
    defineConfig({ model, modle: model })
    // @ts-expect-error: momentum is SGD's
    defineConfig({ model, optimizer: { type: 'AdamW', learningRate: 1, momentum: 0.9 } })
    const create = () => new MyNet({ width: 1 })
    const forgetful = z.object({ width: z.int() })
    // @ts-expect-error: a schema that forgets an option
    backbones.register('MyNet', { schema: forgetful, create })
    // @ts-expect-error: a name without declared options
    backbones.register('Other', { schema: z.object({}), create })
    // @ts-expect-error: options that are not its own
    defineConfig({ model: { ...model, backbone: { type: 'MyNet', arch: '13' } } })
  }
  t.is(typeof rejected, 'function')
})

const buildErrors: [string, Config['model'], string][] = [
  [
    'a backbone',
    { ...model, backbone: { type: 'ResNet', depth: 18, outIndices: [7] } } as Config['model'],
    'model.backbone.outIndices[0] is 7; use a whole number from 0 to 3',
  ],
  [
    'a neck',
    { ...model, neck: { type: 'FPN', numOuts: 1 } } as Config['model'],
    'model.neck.numOuts is 1, but 3 backbone maps are used; give at least one map, and at least as many levels as maps',
  ],
]
for (const [part, model, message] of buildErrors) {
  test(`what ${part} cannot be built of is named by its path in the config`, (t) => {
    t.throws(() => buildModel(model), { instanceOf: ConfigError, message })
  })
}
