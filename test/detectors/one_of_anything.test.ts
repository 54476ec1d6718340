/**
 * Detectors with one of what others have many of: losses, gradients and detections, eager and
 * traced.
 */

import test from 'ava'
import type { Detector, PredictBatch, TrainBatch } from '../../detectors/index.js'
import { eager } from '../../engine/index.js'
import type { HostTree } from '../../engine/tensors.js'
import { floats } from '../../host_tensor.js'
import { functionalCall, Random } from '../../nn/index.js'
import { buildDetector, type ModelConfig } from '../../registry.js'
import * as tf from '../../tf/tf.js'
import { withNoise } from '../../training/draw_noise.js'
import { type ObjectScene, objectBatch } from '../datasets/object_batch.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

test.before(() => tf.setBackend('cpu'))

const backbone = {
  type: 'VanillaNet',
  dims: [4, 8, 8],
  strides: [2, 2],
  actNum: 1,
  outIndices: [0, 1],
} as const
/** One map, at stride 8. */
const oneTap = { ...backbone, dims: [4, 8], strides: [2], outIndices: [0] }
const neck = { type: 'FPN', outChannels: 8, numOuts: 2 } as const
const oneAnchor = { scalesPerOctave: 1, ratios: [1] }

type RetinaNetConfig = Extract<ModelConfig, { type: 'RetinaNet' }>
type MaskRCNNConfig = Extract<ModelConfig, { type: 'MaskRCNN' }>

function retinaNet(parts: Partial<RetinaNetConfig> = {}): RetinaNetConfig {
  const head = { type: 'RetinaHead', featChannels: 8, stackedConvs: 1 } as const
  return { type: 'RetinaNet', numClasses: 1, backbone, neck, head, ...parts } as RetinaNetConfig
}

const rpnHead: MaskRCNNConfig['rpnHead'] = {
  type: 'RPNHead',
  featChannels: 8,
  anchors: { scales: [4] },
  sampler: { num: 16, posFraction: 0.5 },
  train: { nmsPre: 20, maxPerImage: 16 },
  test: { nmsPre: 20, maxPerImage: 12 },
}
const roiHead: MaskRCNNConfig['roiHead'] = {
  type: 'RoIHead',
  extractor: { finestScale: 14 },
  bbox: { roiSize: 3, fcChannels: 8 },
  mask: { roiSize: 4, numConvs: 1, convChannels: 8 },
  sampler: { num: 8, posFraction: 0.25 },
  test: { scoreThr: 0, maxPerImage: 5 },
}

function maskRcnn(parts: Partial<MaskRCNNConfig> = {}): MaskRCNNConfig {
  const model = { type: 'MaskRCNN', numClasses: 1, backbone, neck, rpnHead, roiHead, ...parts }
  return model as MaskRCNNConfig
}

const oneProposal = { nmsPre: 1, maxPerImage: 1 }

const MODELS: Record<string, ModelConfig> = {
  'RetinaNet of one class': retinaNet(),
  'RetinaNet of one level': retinaNet({
    numClasses: 2,
    backbone: oneTap,
    neck: { ...neck, numOuts: 1 },
  }),
  'RetinaNet of one anchor': retinaNet({
    numClasses: 2,
    head: { ...retinaNet().head, anchors: oneAnchor },
  }),
  'RetinaNet of one detection': retinaNet({
    numClasses: 2,
    head: { ...retinaNet().head, test: { ...oneProposal, scoreThr: 0 } },
  }),
  'RetinaNet with maps of one cell': retinaNet({ neck: { ...neck, numOuts: 4 } }),
  'RetinaNet with one of all': retinaNet({
    backbone: oneTap,
    neck: { ...neck, outChannels: 1, numOuts: 1 },
    head: {
      type: 'RetinaHead',
      featChannels: 1,
      stackedConvs: 1,
      anchors: oneAnchor,
      test: { ...oneProposal, scoreThr: 0 },
    },
  }),
  'MaskRCNN of one class': maskRcnn(),
  'MaskRCNN of one level': maskRcnn({
    numClasses: 2,
    backbone: oneTap,
    neck: { ...neck, numOuts: 1 },
  }),
  'MaskRCNN of one anchor': maskRcnn({
    numClasses: 2,
    rpnHead: { ...rpnHead, anchors: { scales: [4], ratios: [1] } },
  }),
  'MaskRCNN of one proposal': maskRcnn({
    numClasses: 2,
    rpnHead: { ...rpnHead, train: oneProposal, test: oneProposal },
  }),
  'MaskRCNN of one RoI, which may be an object': maskRcnn({
    numClasses: 2,
    roiHead: { ...roiHead, sampler: { num: 1, posFraction: 1 } },
  }),
  'MaskRCNN of one RoI, which may not be an object': maskRcnn({
    numClasses: 2,
    roiHead: { ...roiHead, sampler: { num: 1, posFraction: 0.25 } },
  }),
  'MaskRCNN of one sampled anchor': maskRcnn({
    rpnHead: { ...rpnHead, sampler: { num: 1, posFraction: 0.5 } },
  }),
  'MaskRCNN with maps of one cell': maskRcnn({ neck: { ...neck, numOuts: 4 } }),
  'MaskRCNN with RoIs of one cell': maskRcnn({
    roiHead: {
      ...roiHead,
      bbox: { roiSize: 1, fcChannels: 1 },
      mask: { roiSize: 1, numConvs: 1, convChannels: 1 },
    },
  }),
  'MaskRCNN with one of all': maskRcnn({
    backbone: oneTap,
    neck: { ...neck, outChannels: 1, numOuts: 1 },
    rpnHead: {
      type: 'RPNHead',
      featChannels: 1,
      anchors: { scales: [4], ratios: [1] },
      sampler: { num: 1, posFraction: 1 },
      train: oneProposal,
      test: oneProposal,
    },
    roiHead: {
      type: 'RoIHead',
      bbox: { roiSize: 1, fcChannels: 1 },
      mask: { roiSize: 1, numConvs: 1, convChannels: 1 },
      sampler: { num: 1, posFraction: 1 },
      test: { scoreThr: 0, maxPerImage: 1 },
    },
  }),
}

const object: ObjectScene = { size: [32, 32], boxes: [[4, 6, 24, 28]], labels: [0] }
const empty: ObjectScene = { size: [32, 32], boxes: [], labels: [] }

const SCENES: Record<string, ObjectScene[]> = {
  'one image with one object': [object],
  'one image without objects': [empty],
  'two images, one of them without objects': [object, empty],
}

/** An interface as the record that `compile` takes. */
type Inputs = { batch: TrainBatch; weights: Record<string, tf.Tensor> }

/**
 * The losses of a training step, and the gradient of their sum by every parameter that is trained.
 */
function lossesAndGradients(detector: Detector) {
  const named = detector.namedParameters().filter(([, parameter]) => parameter.trainable)
  const names = named.map(([name]) => name)
  return ({ batch, weights }: Inputs) => {
    const lossesAt = (values: tf.Tensor[]) => {
      const moved = Object.fromEntries(names.map((name, i) => [name, values[i]]))
      const call = () => detector.loss(batch, { training: true })
      return functionalCall(detector, { ...weights, ...moved }, call).result
    }
    const total = (...values: tf.Tensor[]) => {
      const terms = Object.entries(lossesAt(values)).filter(([name]) => name.includes('loss'))
      return tf.addN(terms.map(([, term]) => term)) as tf.Scalar
    }
    const values = names.map((name) => weights[name])
    const { grads } = tf.valueAndGrads(total)(values)
    const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]]))
    return { losses: lossesAt(values), gradients }
  }
}

/**
 * Each model meets one of the scenes, and one of all meets all of them: both engines take their
 * time.
 */
const CASES = Object.entries(MODELS).flatMap(([title, model], i) => {
  const scenes = Object.entries(SCENES)
  const met = title.endsWith('one of all') ? scenes : [scenes[i % scenes.length]]
  return met.map(([images, objects]) => ({ title: `${title}, ${images}`, model, scenes: objects }))
})

for (const { title, model, scenes } of CASES) {
  test(`${title}: losses, gradients and detections are finite, and traced as eager`, async (t) => {
    const detector = buildDetector(model).initialize(1)
    const { tensors } = objectBatch(scenes)
    const { masks, maskFramesXyxy, ...rest } = tensors
    const given = detector.needsMasks ? { ...rest, masks, maskFramesXyxy } : rest
    const batch = withNoise(detector, given as typeof tensors, new Random('one'))
    const weights = Object.fromEntries(
      detector.namedParameters().map(([name, { data, shape }]) => [name, floats(data, shape)]),
    )
    const inputs = { batch, weights } as HostTree<Inputs>
    const step = lossesAndGradients(detector)
    const { losses, gradients } = await eager(step).run(inputs)
    for (const [name, { data }] of Object.entries({ ...losses, ...gradients })) {
      t.true(data.every(Number.isFinite), `${name}: ${data.slice(0, 3)}`)
    }
    await tracedEqualsEager(t, step, inputs, 1e-4)

    const { images, imageSizes } = tensors
    const scaleFactors = floats(new Array(4 * scenes.length).fill(1), [scenes.length, 4])
    const predict = (frames: PredictBatch) => ({ ...detector.predict(frames) })
    await tracedEqualsEager(t, predict, { images, imageSizes, scaleFactors }, 1e-4)
  })
}
