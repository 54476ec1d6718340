import * as tf from '@tensorflow/tfjs'
import test from 'ava'
import { z } from 'zod'
import { Backbone, VanillaNet } from '../backbones/index.js'
import { RetinaNet } from '../detectors/index.js'
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
    'model.type is "YOLO", which is not a registered model; use RetinaNet or Classifier',
  )
  t.is(refusal('model.neck={}'), 'model.neck.type is missing; use FPN')
  t.is(refusal('optimizer.type=AdmW'), 'optimizer.type is "AdmW"; use "AdamW" or "SGD"')
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

test('a classifier is a backbone with its classes, and no detector', (t) => {
  const classifier: ModelConfig = { type: 'Classifier', numClasses: 10, backbone: model.backbone }
  const built = buildModel(classifier)
  t.true(built instanceof VanillaNet)
  t.true(built.namedParameters().some(([name]) => name === 'cls2.0.weight'))
  t.throws(() => buildDetector(classifier), {
    message:
      'model.type is Classifier, which detects nothing; use it with get_flops, or choose a detector such as RetinaNet',
  })
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
