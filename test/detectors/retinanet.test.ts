import test from 'ava'
import { Backbone } from '../../backbones/backbone.js'
import type { PredictBatch, TrainBatch } from '../../detectors/detector.js'
import { RetinaNet } from '../../detectors/retinanet.js'
import { RetinaHead } from '../../heads/retina_head.js'
import { floats, type HostTensor, ints } from '../../host_tensor.js'
import { FPN } from '../../necks/fpn.js'
import { Conv2d, functionalCall } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

interface Detected {
  boxes: number[][]
  scores: number[]
  labels: number[]
}

interface ModelFixture {
  imageSizes: number[][]
  scaleFactors: number[][]
  boxes: number[][][]
  labels: number[][]
  weights: Record<string, PackedTensor>
  logits: PackedTensor[]
  lossCls: number
  lossBbox: number
  lossClsWithoutObjects: number
  gradientNorms: Record<string, number>
  biasGradients: Record<string, number[]>
  test: { nmsPre: number; scoreThr: number; maxPerImage: number }
  detections: Detected[]
}

const fixture = readFixture<ModelFixture>('retinanet_model.json')
const [HEIGHT, WIDTH, OBJECTS] = [64, 128, 4]

/** Three convolutions with ReLU at strides 8, 16 and 32. */
class TinyBackbone extends Backbone {
  readonly outChannels = [4, 5, 6]
  readonly strides = [8, 16, 32]
  readonly stages = [
    new Conv2d({ inChannels: 3, outChannels: 4, kernelSize: 8, stride: 8 }),
    new Conv2d({ inChannels: 4, outChannels: 5, kernelSize: 2, stride: 2 }),
    new Conv2d({ inChannels: 5, outChannels: 6, kernelSize: 2, stride: 2 }),
  ]

  override forward(images: tf.Tensor4D): tf.Tensor4D[] {
    const features = [images]
    for (const [i, stage] of this.stages.entries()) {
      features.push(tf.relu(stage.forward(features[i])))
    }
    return features.slice(1)
  }
}

function tinyRetinaNet(): RetinaNet {
  const model = new RetinaNet({
    backbone: new TinyBackbone(),
    neck: new FPN({
      inChannels: [4, 5, 6],
      inStrides: [8, 16, 32],
      outChannels: 6,
      addExtraConvs: 'on_input',
    }),
    head: new RetinaHead({
      numClasses: 3,
      inChannels: 6,
      featChannels: 6,
      stackedConvs: 1,
      test: fixture.test,
    }),
  })
  for (const [name, parameter] of model.namedParameters()) {
    parameter.data = unpack(fixture.weights[name])
  }
  return model
}

/**
 * The pattern that the fixture's script draws; `paddingValue` fills what lies outside the images.
 */
function images(paddingValue?: number): tf.Tensor4D {
  const pixels: number[] = []
  for (let n = 0; n < 2; n++) {
    const [height, width] = fixture.imageSizes[n]
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        for (let c = 0; c < 3; c++) {
          const drawn = (n * 40 + c * 50 + y * 5 + x * 3 + ((x * y) % 7) * 11) % 256
          pixels.push(y < height && x < width ? drawn : (paddingValue ?? drawn))
        }
      }
    }
  }
  return tf.tensor4d(pixels, [2, HEIGHT, WIDTH, 3], 'int32')
}

/** The fixture's batch, with `boxes` and `labels` padded to `OBJECTS` rows. */
function trainBatch(boxes = fixture.boxes, labels = fixture.labels): TrainBatch {
  const padded = <T>(rows: T[], row: T) => [...rows, ...Array(OBJECTS - rows.length).fill(row)]
  return {
    images: images(),
    imageSizes: tf.tensor2d(fixture.imageSizes),
    boxesXyxy: tf.tensor3d(boxes.map((rows) => padded(rows, [0, 0, 0, 0]))),
    labels: tf.tensor2d(
      labels.map((row) => padded(row, -1)),
      [2, OBJECTS],
      'int32',
    ),
  }
}

function predictBatch(paddingValue?: number) {
  return {
    images: images(paddingValue),
    imageSizes: tf.tensor2d(fixture.imageSizes),
    scaleFactors: tf.tensor2d(fixture.scaleFactors),
  }
}

test('the losses match mmdetection 2.x rules in PyTorch', (t) => {
  const { loss_cls, loss_bbox } = tinyRetinaNet().loss(trainBatch())
  assertClose(t, loss_cls, fixture.lossCls)
  assertClose(t, loss_bbox, fixture.lossBbox)
})

test('the gradient of every parameter matches PyTorch', (t) => {
  const model = tinyRetinaNet()
  const named = model.namedParameters()
  const names = named.map(([name]) => name)
  const totalLoss = (...values: tf.Tensor[]) => {
    const byName = Object.fromEntries(names.map((name, i) => [name, values[i]]))
    return functionalCall(model, byName, () => {
      const { loss_cls, loss_bbox } = model.loss(trainBatch(), { training: true })
      return tf.add(loss_cls, loss_bbox)
    }).result
  }
  const gradients = tf.grads(totalLoss)(named.map(([, parameter]) => parameter.value))
  t.deepEqual(names.toSorted(), Object.keys(fixture.gradientNorms).toSorted())
  for (const [i, name] of names.entries()) {
    assertClose(t, tf.norm(gradients[i]), fixture.gradientNorms[name], 1e-4)
    if (name in fixture.biasGradients) {
      assertClose(t, gradients[i], fixture.biasGradients[name], 1e-4)
    }
  }
})

test('the detections match mmdetection 2.x rules in PyTorch', (t) => {
  const found = tinyRetinaNet().predict(predictBatch())
  t.deepEqual(
    found.labels.arraySync(),
    fixture.detections.map((image) => image.labels),
  )
  for (const [image, { boxes, scores }] of fixture.detections.entries()) {
    assertClose(t, tf.gather(found.scores, image), scores)
    assertClose(t, tf.gather(found.boxesXyxy, image), boxes, 1e-4)
  }
})

test('what is in the padding of an image makes no difference', (t) => {
  const model = tinyRetinaNet()
  const [black, drawn] = [model.predict(predictBatch(0)), model.predict(predictBatch())]
  assertClose(t, black.boxesXyxy, drawn.boxesXyxy)
  assertClose(t, black.scores, drawn.scores)
})

test('a batch without any object has finite losses and gradients', (t) => {
  const model = tinyRetinaNet()
  const batch = trainBatch([[], []], [[], []])
  const { loss_cls, loss_bbox } = model.loss(batch)
  assertClose(t, loss_cls, fixture.lossClsWithoutObjects, 1e-5)
  assertClose(t, loss_bbox, 0)
  const { weight } = model.bbox_head.retina_reg
  const gradient = tf.grad((value) => {
    weight.substituteWith(value)
    const { loss_cls, loss_bbox } = model.loss(batch)
    weight.release()
    return tf.add(loss_cls, loss_bbox)
  })(weight.value)
  assertClose(t, tf.norm(gradient), 0)
})

test('objects in another order have the same losses', (t) => {
  const model = tinyRetinaNet()
  const turned = trainBatch(
    fixture.boxes.map((rows) => rows.toReversed()),
    fixture.labels.map((row) => row.toReversed()),
  )
  const [a, b] = [model.loss(trainBatch()), model.loss(turned)]
  assertClose(t, a.loss_cls, b.loss_cls)
  assertClose(t, a.loss_bbox, b.loss_bbox)
})

test('parameters are found under backbone, neck and bbox_head', (t) => {
  const names = tinyRetinaNet()
    .namedParameters()
    .map(([name]) => name)
  t.deepEqual(
    [...new Set(names.map((name) => name.split('.')[0]))],
    ['backbone', 'neck', 'bbox_head'],
  )
  t.true(names.includes('bbox_head.retina_cls.weight'))
  t.true(names.includes('neck.lateral_convs.0.conv.weight'))
})

/** An interface as the record that `compile` takes. */
/** The fixture's batch in host memory. */
function hostBatch() {
  const { images, imageSizes, boxesXyxy, labels } = trainBatch()
  const pixels: HostTensor = {
    dtype: 'uint8',
    shape: images.shape,
    data: Uint8Array.from(images.dataSync()),
  }
  return {
    images: pixels,
    imageSizes: floats(imageSizes.dataSync(), imageSizes.shape),
    boxesXyxy: floats(boxesXyxy.dataSync(), boxesXyxy.shape),
    labels: ints(labels.dataSync(), labels.shape),
  }
}

test('traced, losses and gradients are as eager', async (t) => {
  const model = tinyRetinaNet()
  const named = model.namedParameters()
  const names = named.map(([name]) => name)
  const lossesAndGradients = (inputs: {
    batch: TrainBatch
    weights: Record<string, tf.Tensor>
  }) => {
    const total = (...values: tf.Tensor[]) => {
      const byName = Object.fromEntries(names.map((name, i) => [name, values[i]]))
      const call = () => model.loss(inputs.batch, { training: true })
      const { loss_cls, loss_bbox } = functionalCall(model, byName, call).result
      return tf.add(loss_cls, loss_bbox) as tf.Scalar
    }
    const { value, grads } = tf.valueAndGrads(total)(names.map((name) => inputs.weights[name]))
    return { value, ...Object.fromEntries(names.map((name, i) => [name, grads[i]])) }
  }
  const weights = Object.fromEntries(named.map(([name, p]) => [name, floats(p.data, p.shape)]))
  await tracedEqualsEager(t, lossesAndGradients, { batch: hostBatch(), weights }, 1e-4)
})

test('traced, detections are as eager', async (t) => {
  const model = tinyRetinaNet()
  const { images, imageSizes } = hostBatch()
  const scaleFactors = floats(fixture.scaleFactors.flat(), [2, 4])
  const detect = (batch: PredictBatch) => ({ ...model.predict(batch) })
  await tracedEqualsEager(t, detect, { images, imageSizes, scaleFactors })
})
