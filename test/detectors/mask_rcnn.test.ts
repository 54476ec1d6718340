import test from 'ava'
import type { Detections, PredictBatch, TrainBatch } from '../../detectors/detector.js'
import type { MaskRCNN } from '../../detectors/mask_rcnn.js'
import { compile, eager } from '../../engine/index.js'
import { type HostTree, toTensor } from '../../engine/tensors.js'
import { floats, type HostTensor } from '../../host_tensor.js'
import { functionalCall, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { withNoise } from '../../training/draw_noise.js'
import { objectBatch } from '../datasets/object_batch.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'
import { tinyMaskRcnn } from './tiny_mask_rcnn.js'

test.before(() => tf.setBackend('cpu'))

/** An interface as the record that `compile` takes. */
/** Its own padding of the second image, `[64, 64]`, is less than the batch's. */
const { tensors } = objectBatch([
  {
    size: [64, 96],
    boxes: [
      [8, 10, 40, 44],
      [50, 4, 90, 30],
      [2, 3, 92, 60],
    ],
    labels: [0, 2, 1],
  },
  { size: [60, 50], boxes: [[4, 4, 30, 50]], labels: [1] },
])
const PADDED_SIZES = [
  [64, 96],
  [64, 64],
]

type HostTrainBatch = HostTree<TrainBatch>

function trainBatch(model: MaskRCNN, noise = 'noise'): HostTrainBatch {
  return withNoise(model, tensors, new Random(noise))
}

/** A batch as tensors of the eager backend. */
function eagerBatch({ noise, ...batch }: HostTrainBatch): TrainBatch {
  const eagerly = (record: Record<string, HostTensor>) =>
    Object.fromEntries(Object.entries(record).map(([name, host]) => [name, toTensor(host)]))
  return {
    ...eagerly(batch as Record<string, HostTensor>),
    noise: eagerly(noise as Record<string, HostTensor>),
  } as unknown as TrainBatch
}

function predictBatch(scale: [x: number, y: number] = [1, 1]): HostTree<PredictBatch> {
  const { images, imageSizes } = tensors
  const factors = [...scale, ...scale, ...scale, ...scale]
  return { images, imageSizes, scaleFactors: floats(factors, [2, 4]) }
}

/** `[2, h, w, 3]`, computed number by number. */
function normalizedByHand(): tf.Tensor4D {
  const { images, imageSizes } = tensors
  const [, height, width] = images.shape
  const [mean, std] = [
    [123.675, 116.28, 103.53],
    [58.395, 57.12, 57.375],
  ]
  const values = Array.from(images.data, (value, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width) % height]
    const [rows, columns] = imageSizes.data.subarray(2 * Math.floor(i / 3 / width / height))
    return y < rows && x < columns ? (value - mean[i % 3]) / std[i % 3] : 0
  })
  return tf.tensor4d(values, images.shape as [number, number, number, number])
}

test('the losses are those of the two stages, the second given what the first proposes', (t) => {
  const model = tinyMaskRcnn()
  const { backbone, neck, rpn_head, roi_head } = model
  const batch = eagerBatch(trainBatch(model))
  const { imageSizes, boxesXyxy, labels, masks, maskFramesXyxy, noise } = batch
  const features = neck.forward(backbone.forward(normalizedByHand()))
  const outputs = rpn_head.forward(features)
  const paddedSizes = tf.tensor2d(PADDED_SIZES)
  const proposals = rpn_head.proposals(outputs, { imageSizes, paddedSizes }, 'train')
  t.is(proposals.scores.shape[1], 30)
  const expected = {
    ...rpn_head.loss(outputs, { boxesXyxy, labels, paddedSizes }, noise!.rpn as tf.Tensor2D),
    ...roi_head.loss(
      features,
      proposals,
      {
        boxesXyxy,
        labels,
        masks: masks!,
        maskFramesXyxy: maskFramesXyxy!,
        canvas: paddedSizes,
      },
      noise!.roi as tf.Tensor2D,
    ),
  }
  const losses = model.loss(batch)
  t.deepEqual(Object.keys(losses), [
    ...['loss_rpn_cls', 'loss_rpn_bbox', 'rpn_pos'],
    ...['loss_cls', 'loss_bbox', 'acc', 'loss_mask', 'roi_pos'],
  ])
  t.deepEqual(Object.keys(expected), Object.keys(losses))
  for (const [name, value] of Object.entries(losses)) {
    assertClose(t, value, expected[name as keyof typeof expected], 1e-6)
    t.true(value.dataSync()[0] > 0, name)
  }
})

test('the detections are those of the second stage in what the first proposes', (t) => {
  const model = tinyMaskRcnn()
  const { backbone, neck, rpn_head, roi_head } = model
  const imageSizes = toTensor(tensors.imageSizes) as tf.Tensor2D
  const scaleFactors = tf.tensor2d([2, 0.5, 2, 0.5, 2, 0.5, 2, 0.5], [2, 4])
  const features = neck.forward(backbone.forward(normalizedByHand()))
  const paddedSizes = tf.tensor2d(PADDED_SIZES)
  const outputs = rpn_head.forward(features)
  const proposals = rpn_head.proposals(outputs, { imageSizes, paddedSizes }, 'test')
  t.is(proposals.scores.shape[1], 20)
  const expected = roi_head.predict(features, proposals, { imageSizes, scaleFactors })
  const found = model.predict({
    images: toTensor(tensors.images) as tf.Tensor4D,
    imageSizes,
    scaleFactors,
  })
  t.deepEqual(Object.keys(found), ['boxesXyxy', 'scores', 'labels', 'masks'])
  for (const key of ['boxesXyxy', 'scores', 'labels', 'masks'] as const) {
    assertClose(t, found[key]!, expected[key], 1e-4)
  }
  t.true(Math.max(...found.labels.dataSync()) > 0)
})

async function detect(model: MaskRCNN, batch: HostTree<PredictBatch>) {
  const predict = eager((inputs: PredictBatch) => ({ ...model.predict(inputs) }))
  return (await predict.run(batch)) as HostTree<Detections>
}

test('boxes are in pixels of the image on disk, and masks do not depend on its size', async (t) => {
  const model = tinyMaskRcnn()
  const plain = await detect(model, predictBatch())
  const scaled = await detect(model, predictBatch([2, 0.5]))
  const expected = plain.boxesXyxy.data.map((side, i) => (i % 2 === 0 ? side / 2 : side * 2))
  assertClose(t, scaled.boxesXyxy.data, expected, 1e-5)
  assertClose(t, scaled.masks!.data, plain.masks!.data, 1e-4)
  t.deepEqual(plain.masks!.shape, [2, 10, 28, 28])
})

test('what is in the padding of an image makes no difference', async (t) => {
  const model = tinyMaskRcnn()
  const black = await detect(model, predictBatch())
  const { images, ...frames } = predictBatch()
  const [, height, width] = images.shape
  const filled = images.data.map((value, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width) % height]
    const isPadding = i >= images.data.length / 2 && (y >= 60 || x >= 50)
    return isPadding ? (i * 7) % 256 : value
  })
  const drawn = await detect(model, { images: { ...images, data: filled }, ...frames })
  t.deepEqual(drawn, black)
})

test('parameters are found under backbone, neck, rpn_head and roi_head', (t) => {
  const names = tinyMaskRcnn()
    .namedParameters()
    .map(([name]) => name)
  const rooms = [...new Set(names.map((name) => name.split('.')[0]))]
  t.deepEqual(rooms, ['backbone', 'neck', 'rpn_head', 'roi_head'])
  for (const name of [
    'neck.fpn_convs.3.conv.weight',
    'rpn_head.rpn_conv.weight',
    'rpn_head.rpn_cls.bias',
    'rpn_head.rpn_reg.weight',
    'roi_head.bbox_head.shared_fcs.1.weight',
    'roi_head.bbox_head.fc_cls.weight',
    'roi_head.bbox_head.fc_reg.bias',
    'roi_head.mask_head.convs.1.conv.weight',
    'roi_head.mask_head.upsample.weight',
    'roi_head.mask_head.conv_logits.bias',
  ]) {
    t.true(names.includes(name), name)
  }
})

test('noise is wanted for every anchor, and for every object and proposal', (t) => {
  const model = tinyMaskRcnn()
  const cells = 16 * 24 + 8 * 12 + 4 * 6 + 2 * 3 + 1 * 2
  t.deepEqual(model.noiseShapes({ images: [2, 64, 96, 3], labels: [2, 8] }), {
    rpn: [2, 3 * cells],
    roi: [2, 8 + 30],
  })
})

test('a batch without masks, frames or noise is refused', (t) => {
  const model = tinyMaskRcnn()
  const batch = eagerBatch(trainBatch(model))
  for (const key of ['masks', 'maskFramesXyxy', 'noise']) {
    t.throws(() => model.loss({ ...batch, [key]: undefined }), {
      message:
        'MaskRCNN.loss: the batch lacks masks, maskFramesXyxy or noise; load it with masks, and draw noise of noiseShapes()',
    })
  }
})

test('objects in another order have the same losses', (t) => {
  const model = tinyMaskRcnn()
  const batch = trainBatch(model)
  const { noise } = batch
  const swapRows = (host: HostTensor, ...rows: [number, number]): HostTensor => {
    const size = host.data.length / host.shape[0] / host.shape[1]
    const data = host.data.slice()
    for (const [to, from] of [rows, [rows[1], rows[0]]])
      data.set(host.data.subarray(from * size, (from + 1) * size), to * size)
    return { ...host, data } as HostTensor
  }
  const turned = {
    ...batch,
    boxesXyxy: swapRows(batch.boxesXyxy, 0, 1),
    labels: swapRows(batch.labels, 0, 1),
    masks: swapRows(batch.masks!, 0, 1),
    maskFramesXyxy: swapRows(batch.maskFramesXyxy!, 0, 1),
    noise: { ...noise, roi: swapRows(noise!.roi, 0, 1) },
  }
  const [a, b] = [model.loss(eagerBatch(batch)), model.loss(eagerBatch(turned))]
  for (const [name, value] of Object.entries(a)) assertClose(t, b[name], value, 1e-6)
})

type Weights = Record<string, tf.Tensor>
type LossInputs = { batch: TrainBatch; weights: Weights }

function weightsOf(model: MaskRCNN): Record<string, HostTensor> {
  const named = model.namedParameters()
  return Object.fromEntries(named.map(([name, p]) => [name, floats(p.data, p.shape)]))
}

/** The training loss, its terms, and its gradient by every parameter. */
function lossesAndGradients(model: MaskRCNN) {
  const names = model.namedParameters().map(([name]) => name)
  return ({ batch, weights }: LossInputs) => {
    const total = (...values: tf.Tensor[]) => {
      const byName = Object.fromEntries(names.map((name, i) => [name, values[i]]))
      const call = () => model.loss(batch, { training: true })
      return totalOf(functionalCall(model, byName, call).result)
    }
    const { value, grads } = tf.valueAndGrads(total)(names.map((name) => weights[name]))
    return { value, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]])) }
  }
}

function totalOf(losses: Record<string, tf.Scalar>): tf.Scalar {
  const terms = Object.entries(losses).filter(([name]) => name.includes('loss'))
  return tf.addN(terms.map(([, value]) => value))
}

test('traced, losses and gradients are as eager, and every parameter has one', async (t) => {
  const model = tinyMaskRcnn()
  const inputs = { batch: trainBatch(model), weights: weightsOf(model) }
  await tracedEqualsEager(t, lossesAndGradients(model), inputs, 1e-4)

  const compiled = compile(lossesAndGradients(model), { name: 'lossesAndGradients' })
  const { gradients } = await compiled.run(inputs)
  await compiled.dispose()
  t.is(Object.keys(gradients).length, model.namedParameters().length)
  for (const [name, { data }] of Object.entries(gradients)) {
    t.true(Math.hypot(...data) > 1e-4, name)
  }
})

test('traced, detections are as eager', async (t) => {
  const model = tinyMaskRcnn()
  const predict = (batch: PredictBatch) => ({ ...model.predict(batch) })
  await tracedEqualsEager(t, predict, predictBatch(), 1e-4)
})

test('the same noise gives the same losses bit for bit, other noise gives others', async (t) => {
  const model = tinyMaskRcnn()
  for (const engine of ['tfjs', 'onnxruntime'] as const) {
    const loss = compile((batch: TrainBatch) => model.loss(batch), { name: 'loss', engine })
    const first = await loss.run(trainBatch(model, 'a'))
    t.deepEqual(await loss.run(trainBatch(model, 'a')), first)
    const other = await loss.run(trainBatch(model, 'b'))
    for (const name of ['loss_rpn_cls', 'loss_cls'])
      t.notDeepEqual(other[name].data, first[name].data)
    await loss.dispose()
  }
})

/** Weights of each part of the model, along which the loss is measured. */
const MEASURED = [
  'backbone.stages.0.weight',
  'backbone.stages.2.bias',
  'neck.lateral_convs.1.conv.weight',
  'neck.fpn_convs.0.conv.weight',
  'rpn_head.rpn_conv.weight',
  'rpn_head.rpn_cls.bias',
  'rpn_head.rpn_reg.weight',
  'roi_head.bbox_head.shared_fcs.0.weight',
  'roi_head.bbox_head.fc_reg.weight',
  'roi_head.mask_head.convs.0.conv.weight',
  'roi_head.mask_head.upsample.weight',
]

// Proposals move with the weights, and the loss with them, though no gradient goes that way: they
// are held here, while all that is computed from the RoIs is not.
test('with its proposals held, the gradient is the slope of the whole loss', async (t) => {
  const model = tinyMaskRcnn()
  const inputs = { batch: trainBatch(model), weights: weightsOf(model) }
  const free = compile(lossesAndGradients(model), { name: 'free' })
  const { value, gradients } = await free.run(inputs)
  await free.dispose()
  await holdProposals(model, inputs.batch)

  const total = compile(
    ({ batch, weights }: LossInputs) => {
      const call = () => model.loss(batch, { training: true })
      return { total: totalOf(functionalCall(model, weights, call).result) }
    },
    { name: 'total' },
  )
  const lossAt = async (name: string, place: number, step: number) => {
    const { data, shape } = inputs.weights[name]
    const moved = floats(data.slice(), shape)
    moved.data[place] += step
    const run = await total.run({ ...inputs, weights: { ...inputs.weights, [name]: moved } })
    return run.total.data[0]
  }
  assertClose(t, await lossAt(MEASURED[0], 0, 0), value.data[0], 1e-6)
  const step = 2 ** -10
  for (const name of MEASURED) {
    const { data } = gradients[name]
    const sizes = Array.from(data, Math.abs)
    const largest = sizes.indexOf(Math.max(...sizes))
    for (const place of [largest, Math.floor(data.length / 3), data.length - 1]) {
      const rise = (await lossAt(name, place, step)) - (await lossAt(name, place, -step))
      const error = Math.abs(rise / (2 * step) - data[place])
      t.true(error < 0.01 * sizes[largest], `${name}[${place}]`)
    }
  }
  await total.dispose()
})

/** Makes `model` propose what it proposes now, whatever its weights will be. */
async function holdProposals(model: MaskRCNN, batch: HostTrainBatch): Promise<void> {
  const { backbone, neck, rpn_head } = model
  const propose = eager(() => {
    const outputs = rpn_head.forward(neck.forward(backbone.forward(normalizedByHand())))
    const imageSizes = toTensor(batch.imageSizes) as tf.Tensor2D
    const frames = { imageSizes, paddedSizes: tf.tensor2d(PADDED_SIZES) }
    return { ...rpn_head.proposals(outputs, frames, 'train') }
  })
  const { boxesXyxy, scores } = await propose.run({})
  rpn_head.proposals = () => ({
    boxesXyxy: toTensor(boxesXyxy) as tf.Tensor3D,
    scores: toTensor(scores) as tf.Tensor2D,
  })
}
