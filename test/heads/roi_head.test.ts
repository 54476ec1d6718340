import test from 'ava'
import { compile } from '../../engine/index.js'
import { toTensor } from '../../engine/tensors.js'
import { ConfigError } from '../../errors.js'
import { RoIHead, type RoIHeadTargets } from '../../heads/roi_head.js'
import { floats, type HostTensor, ints } from '../../host_tensor.js'
import { functionalCall, Random } from '../../nn/index.js'
import { detach, type Proposals } from '../../ops/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const STRIDES = [4, 8, 16, 32]
const [HEIGHT, WIDTH, CHANNELS] = [64, 96, 8]
/** Side of the ground-truth masks, whose cells are pixels. */
const MASK = 64

interface Summary {
  norm: number
  patterns: [number, number]
}

interface HeadFixture {
  boxes: PackedTensor
  labels: number[][]
  proposals: PackedTensor
  scores: PackedTensor
  noise: PackedTensor
  num: number
  posFraction: number
  weights: Record<string, PackedTensor>
  losses: Record<string, number>
  acc: number
  positives: number
  lossesWithoutObjects: Record<string, number>
  gradients: Record<string, Summary>
  biasGradients: Record<string, number[]>
  featureGradients: Summary[]
  imageSizes: number[][]
  scaleFactors: number[][]
  maxPerImage: number
  detections: {
    boxes: number[][]
    scores: number[]
    labels: number[]
    maskPatterns: [number, number][]
    firstMask: PackedTensor
  }[]
}

const fixture = readFixture<HeadFixture>('roi_head.json')

/** The tiny head of the fixture, with its weights. */
function tinyHead(): RoIHead {
  const head = new RoIHead({
    numClasses: 3,
    inChannels: CHANNELS,
    extractor: { strides: STRIDES, finestScale: 5 },
    bbox: { fcChannels: 16 },
    mask: { numConvs: 2, convChannels: 8 },
    sampler: { num: fixture.num, posFraction: fixture.posFraction },
    test: { maxPerImage: fixture.maxPerImage },
  })
  for (const [name, parameter] of head.namedParameters()) {
    parameter.data = unpack(fixture.weights[name])
  }
  return head
}

/** The pattern that `make_roi_head.py` makes, `[n, h, w, c]` of each stride. */
function makeFeatures(images = 2): HostTensor[] {
  return STRIDES.map((stride) => {
    const shape = [images, HEIGHT / stride, WIDTH / stride, CHANNELS]
    const values: number[] = []
    for (let n = 0; n < shape[0]; n++) {
      for (let y = 0; y < shape[1]; y++) {
        for (let x = 0; x < shape[2]; x++) {
          for (let c = 0; c < CHANNELS; c++) {
            const phase = 0.9 * c + 0.7 * y + (0.4 + 0.1 * c) * x + 0.05 * x * y + 2 * n + stride
            values.push(Math.sin(phase))
          }
        }
      }
    }
    return floats(values, shape)
  })
}

/** Masks of the hatched ellipses that fill boxes, cut out at whole pixels. */
function ellipses(
  boxes: ArrayLike<number>,
  objects: number,
): { masks: number[]; frames: number[] } {
  const masks: number[] = []
  const frames: number[] = []
  for (let row = 0; row < objects; row++) {
    const [x1, y1, x2, y2] = Array.from({ length: 4 }, (_, i) => boxes[4 * row + i])
    const [left, top] = [Math.floor(x1), Math.floor(y1)]
    frames.push(left, top, left + MASK, top + MASK)
    for (let i = 0; i < MASK; i++) {
      for (let j = 0; j < MASK; j++) {
        const [x, y] = [left + j + 0.5, top + i + 0.5]
        const across = (2 * x - x1 - x2) / (x2 - x1)
        const down = (2 * y - y1 - y2) / (y2 - y1)
        masks.push(across ** 2 + down ** 2 <= 1 && (x + y) % 3 !== 0 ? 255 : 0)
      }
    }
  }
  return { masks, frames }
}

type BatchInputs = Record<
  'rois' | 'scores' | 'boxes' | 'labels' | 'masks' | 'frames' | 'noise',
  HostTensor
>

/** A training batch of `n` images; padding where a score is 0 or a label -1. */
function batchOf(
  images: number,
  { rois, scores, boxes, labels }: Record<'rois' | 'scores' | 'boxes' | 'labels', number[]>,
  noise?: Float32Array,
): BatchInputs {
  const [k, g] = [scores.length / images, labels.length / images]
  const { masks, frames } = ellipses(boxes, labels.length)
  const random = new Random('noise')
  const drawn = Float32Array.from({ length: images * (g + k) }, () => random.uniform())
  return {
    rois: floats(rois, [images, k, 4]),
    scores: floats(scores, [images, k]),
    boxes: floats(boxes, [images, g, 4]),
    labels: ints(labels, [images, g]),
    masks: floats(masks, [images, g, MASK, MASK]),
    frames: floats(frames, [images, g, 4]),
    noise: floats(noise ?? drawn, [images, g + k]),
  }
}

const fixtureBatch = (labels = fixture.labels.flat()) =>
  batchOf(
    2,
    {
      rois: [...unpack(fixture.proposals)],
      scores: [...unpack(fixture.scores)],
      boxes: [...unpack(fixture.boxes)],
      labels,
    },
    unpack(fixture.noise),
  )

type Tensors<Names extends string> = Record<Names, tf.Tensor>

function lossesOf(head: RoIHead, features: tf.Tensor[], batch: Tensors<keyof BatchInputs>) {
  const targets: RoIHeadTargets = {
    boxesXyxy: batch.boxes as tf.Tensor3D,
    labels: batch.labels as tf.Tensor2D,
    masks: batch.masks as tf.Tensor4D,
    maskFramesXyxy: batch.frames as tf.Tensor3D,
    canvas: tf.tile(tf.tensor2d([[HEIGHT, WIDTH]]), [batch.labels.shape[0], 1]),
  }
  const proposals = {
    boxesXyxy: batch.rois as tf.Tensor3D,
    scores: batch.scores as tf.Tensor2D,
  }
  return head.loss(features as tf.Tensor4D[], proposals, targets, batch.noise as tf.Tensor2D)
}

const tensorsOf = <Names extends string>(hosts: Record<Names, HostTensor>) =>
  Object.fromEntries(
    Object.entries<HostTensor>(hosts).map(([name, host]) => [name, toTensor(host)]),
  ) as Tensors<Names>

function lossNumbers(batch: BatchInputs): Record<string, number> {
  const features = makeFeatures(batch.labels.shape[0]).map(toTensor)
  const losses = lossesOf(tinyHead(), features, tensorsOf(batch))
  return Object.fromEntries(
    Object.entries(losses).map(([name, value]) => [name, value.dataSync()[0]]),
  )
}

const totalOf = (losses: Record<'loss_cls' | 'loss_bbox' | 'loss_mask', tf.Tensor>) =>
  tf.add(tf.add(losses.loss_cls, losses.loss_bbox), losses.loss_mask) as tf.Scalar

/** The sum of the losses and its gradients by every weight and every feature map. */
function valueAndGradients(
  head: RoIHead,
  weights: Record<string, tf.Tensor>,
  features: tf.Tensor[],
  batch: Tensors<keyof BatchInputs>,
) {
  const names = Object.keys(weights)
  const total = (...inputs: tf.Tensor[]) => {
    const values = Object.fromEntries(names.map((name, i) => [name, inputs[i]]))
    const maps = inputs.slice(names.length)
    return functionalCall(head, values, () => totalOf(lossesOf(head, maps, batch))).result
  }
  const { value, grads } = tf.valueAndGrads(total)([...Object.values(weights), ...features])
  return {
    value,
    weights: Object.fromEntries(names.map((name, i) => [name, grads[i]])),
    features: grads.slice(names.length),
  }
}

const weightsOf = (head: RoIHead) =>
  Object.fromEntries(
    head.namedParameters().map(([name, { data, shape }]) => [name, floats(data, shape)]),
  )

/** The two sums that `make_roi_head.py` takes of an array. */
function patternsOf(values: ArrayLike<number>): [number, number] {
  const sum = (weight: (i: number) => number) =>
    Array.from(values).reduce((total, value, i) => total + value * weight(i), 0)
  return [sum((i) => Math.sin(0.37 * i + 1)), sum((i) => Math.cos(1.3 * i))]
}

test('parameters have the names and number of mmdetection', (t) => {
  const named = new RoIHead({ numClasses: 80 }).namedParameters()
  t.deepEqual(
    named.map(([name]) => name).filter((name) => name.endsWith('weight')),
    [
      'bbox_head.shared_fcs.0.weight',
      'bbox_head.shared_fcs.1.weight',
      'bbox_head.fc_cls.weight',
      'bbox_head.fc_reg.weight',
      'mask_head.convs.0.conv.weight',
      'mask_head.convs.1.conv.weight',
      'mask_head.convs.2.conv.weight',
      'mask_head.convs.3.conv.weight',
      'mask_head.upsample.weight',
      'mask_head.conv_logits.weight',
    ],
  )
  const total = named.reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b), 0)
  t.is(total, 14_306_705 + 2_643_280)
})

test('losses of two images agree with the reference', (t) => {
  const { loss_cls, loss_bbox, loss_mask, acc, roi_pos } = lossNumbers(fixtureBatch())
  assertClose(t, loss_cls, fixture.losses.loss_cls, 1e-5)
  assertClose(t, loss_bbox, fixture.losses.loss_bbox, 1e-5)
  assertClose(t, loss_mask, fixture.losses.loss_mask, 1e-5)
  assertClose(t, acc, fixture.acc)
  t.is(roi_pos, fixture.positives)
})

test('gradients by all weights and feature maps agree with PyTorch', (t) => {
  const head = tinyHead()
  const weights = tensorsOf(weightsOf(head))
  const features = makeFeatures().map(toTensor)
  const gradients = valueAndGradients(head, weights, features, tensorsOf(fixtureBatch()))
  const agrees = (gradient: tf.Tensor, { norm, patterns }: Summary) => {
    const values = gradient.dataSync()
    const scale = Math.max(norm, 1e-3)
    assertClose(t, tf.norm(gradient).dataSync()[0] / scale, norm / scale, 1e-4)
    const [ours, theirs] = [patternsOf(values), patterns].map((x) => x.map((v) => v / scale))
    assertClose(t, ours, theirs, 1e-4)
  }
  for (const [name, gradient] of Object.entries(gradients.weights)) {
    agrees(gradient, fixture.gradients[name])
    if (gradient.rank === 1) assertClose(t, gradient, fixture.biasGradients[name], 1e-4)
  }
  for (const [level, gradient] of gradients.features.entries()) {
    agrees(gradient, fixture.featureGradients[level])
  }
})

test('the gradient is the slope of the loss', async (t) => {
  const head = tinyHead()
  type Inputs = { weights: Record<string, tf.Tensor>; batch: Tensors<keyof BatchInputs> }
  const features = () => makeFeatures().map(toTensor)
  const loss = compile(
    ({ weights, batch }: Inputs) =>
      functionalCall(head, weights, () => ({ total: totalOf(lossesOf(head, features(), batch)) }))
        .result,
    { name: 'loss' },
  )
  const gradients = compile(
    ({ weights, batch }: Inputs) => valueAndGradients(head, weights, features(), batch),
    { name: 'gradients' },
  )
  const [weights, batch] = [weightsOf(head), fixtureBatch()]
  const found = (await gradients.run({ weights, batch })).weights
  for (const [name, { data, shape }] of Object.entries(weights)) {
    const norm = Math.hypot(...found[name].data)
    const step = 1e-3 // along the gradient; float32 rounds the loss at 5e-7, ReLU bends it
    const movedBy = async (by: number) => {
      const values = data.map((w, i) => w + (by * found[name].data[i]) / norm)
      const moved = { ...weights, [name]: floats(values, shape) }
      return (await loss.run({ weights: moved, batch })).total.data[0]
    }
    const slope = ((await movedBy(step)) - (await movedBy(-step))) / (2 * step)
    assertClose(t, slope / norm, 1, 0.01)
  }
  await loss.dispose()
  await gradients.dispose()
})

test('detections of two images agree with the reference', (t) => {
  const head = tinyHead()
  const proposals = {
    boxesXyxy: tf.tensor3d(unpack(fixture.proposals), [2, 40, 4]),
    scores: tf.tensor2d(unpack(fixture.scores), [2, 40]),
  }
  const detections = head.predict(makeFeatures().map(toTensor) as tf.Tensor4D[], proposals, {
    imageSizes: tf.tensor2d(fixture.imageSizes),
    scaleFactors: tf.tensor2d(fixture.scaleFactors),
  })
  t.deepEqual(detections.masks.shape, [2, 12, 28, 28])
  for (const [image, expected] of fixture.detections.entries()) {
    const ofImage = <T extends tf.Tensor>(x: T) => tf.gather(x, image)
    t.is(expected.labels.length, 12)
    assertClose(t, ofImage(detections.labels), expected.labels)
    assertClose(t, ofImage(detections.scores), expected.scores)
    assertClose(t, ofImage(detections.boxesXyxy), expected.boxes)
    const masks = tf.unstack(ofImage(detections.masks))
    assertClose(t, masks[0], unpack(expected.firstMask))
    for (const [row, mask] of masks.entries()) {
      assertClose(t, patternsOf(mask.dataSync()), expected.maskPatterns[row], 1e-4)
    }
  }
})

test('without objects there is background to learn, and the other losses are 0', (t) => {
  const losses = lossNumbers(fixtureBatch(Array(10).fill(-1)))
  assertClose(t, losses.loss_cls, fixture.lossesWithoutObjects.loss_cls, 1e-5)
  t.is(losses.loss_bbox, 0)
  t.is(losses.loss_mask, 0)
  t.is(losses.roi_pos, 0)
})

test('without objects and proposals all losses are 0, and all gradients', (t) => {
  const head = tinyHead()
  const batch = batchOf(1, {
    rois: Array(8).fill(0),
    scores: [0, 0],
    boxes: Array(4).fill(0),
    labels: [-1],
  })
  const features = makeFeatures(1).map(toTensor)
  const gradients = valueAndGradients(head, tensorsOf(weightsOf(head)), features, tensorsOf(batch))
  assertClose(t, gradients.value, 0)
  for (const gradient of [...Object.values(gradients.weights), ...gradients.features]) {
    assertClose(t, gradient, Array(gradient.size).fill(0))
  }
})

test('a single object of one pixel has finite losses', (t) => {
  const losses = lossNumbers(
    batchOf(1, {
      rois: [20, 20, 50, 50, 30, 30, 31, 31.5],
      scores: [0.9, 0.8],
      boxes: [30, 30, 31, 31],
      labels: [1],
    }),
  )
  t.true(Object.values(losses).every(Number.isFinite), JSON.stringify(losses))
  t.is(losses.roi_pos, 2) // the object itself, and a proposal of IoU 2/3
})

test('a proposal of IoU 0.4 is background, even if no other is better', (t) => {
  const { roi_pos } = lossNumbers(
    batchOf(1, { rois: [0, 0, 10, 4], scores: [0.9], boxes: [0, 0, 10, 10], labels: [1] }),
  )
  t.is(roi_pos, 1) // the object itself
})

test('300 objects in one image: no more are learned from than may be', (t) => {
  const objects = Array.from({ length: 300 }, (_, i) => [3 * (i % 30), 5 * Math.floor(i / 30)])
  const losses = lossNumbers(
    batchOf(1, {
      rois: [20, 20, 50, 50],
      scores: [0.9],
      boxes: objects.flatMap(([x, y]) => [x, y, x + 3, y + 4]),
      labels: objects.map((_, i) => i % 3),
    }),
  )
  t.true(Object.values(losses).every(Number.isFinite), JSON.stringify(losses))
  t.is(losses.roi_pos, fixture.num * fixture.posFraction)
})

test('padded proposals are not detected, and rows without a detection are 0', (t) => {
  const detect = (scores: number[]) => {
    const proposals: Proposals = {
      boxesXyxy: tf.tensor3d([10, 10, 40, 40, 50, 20, 80, 60], [1, 2, 4]),
      scores: tf.tensor2d([scores]),
    }
    return tinyHead().predict(makeFeatures(1).map(toTensor) as tf.Tensor4D[], proposals, {
      imageSizes: tf.tensor2d([[64, 96]]),
      scaleFactors: tf.ones([1, 4]),
    })
  }
  const none = detect([0, 0])
  t.deepEqual([...none.labels.dataSync()], Array(12).fill(-1))
  for (const part of [none.boxesXyxy, none.scores, none.masks]) {
    t.is(tf.max(tf.abs(part)).dataSync()[0], 0)
  }
  const both = detect([0.9, 0.8])
  const one = detect([0.9, 0])
  const count = (labels: tf.Tensor) => [...labels.dataSync()].filter((label) => label >= 0).length
  t.true(count(one.labels) > 0 && count(both.labels) > count(one.labels))
})

test('proposals may come of the feature maps: they are cut off from the gradient', (t) => {
  const head = tinyHead()
  const { rois, scores, ...batch } = tensorsOf(fixtureBatch())
  const total = (map: tf.Tensor) => {
    const maps = [map, ...makeFeatures().slice(1).map(toTensor)]
    const { values } = tf.topk(detach(tf.reshape(map, [2, -1])), 40) // [2, 40]
    const proposals = {
      rois: tf.add(rois, tf.expandDims(tf.mul(values, 0.01), 2)),
      scores: tf.mul(scores, values),
    }
    return totalOf(lossesOf(head, maps, { ...batch, ...proposals }))
  }
  const gradient = tf.grad(total)(toTensor(makeFeatures()[0]))
  t.true(Number.isFinite(tf.norm(gradient).dataSync()[0]))
})

test('traced, losses and gradients are as eager', async (t) => {
  const head = tinyHead()
  type Inputs = {
    weights: Record<string, tf.Tensor>
    features: tf.Tensor[]
    batch: Tensors<keyof BatchInputs>
  }
  await tracedEqualsEager(
    t,
    ({ weights, features, batch }: Inputs) => ({
      losses: { ...lossesOf(head, features, batch) },
      gradients: valueAndGradients(head, weights, features, batch),
    }),
    { weights: weightsOf(head), features: makeFeatures(), batch: fixtureBatch() },
    2e-5,
  )
})

test('traced, detections are as eager', async (t) => {
  const head = tinyHead()
  type Inputs = { features: tf.Tensor[] } & Tensors<'rois' | 'scores' | 'sizes' | 'factors'>
  await tracedEqualsEager(
    t,
    ({ features, rois, scores, sizes, factors }: Inputs) => ({
      ...head.predict(
        features as tf.Tensor4D[],
        { boxesXyxy: rois as tf.Tensor3D, scores: scores as tf.Tensor2D },
        { imageSizes: sizes as tf.Tensor2D, scaleFactors: factors as tf.Tensor2D },
      ),
    }),
    {
      features: makeFeatures(),
      rois: floats(unpack(fixture.proposals), [2, 40, 4]),
      scores: floats(unpack(fixture.scores), [2, 40]),
      sizes: floats(fixture.imageSizes.flat(), [2, 2]),
      factors: floats(fixture.scaleFactors.flat(), [2, 4]),
    },
  )
})

test('fewer feature maps than strides are refused', (t) => {
  const features = makeFeatures(1).slice(1).map(toTensor) as tf.Tensor4D[]
  const error = t.throws(() => tinyHead().forward(features, tf.zeros([1, 2, 4])), {
    instanceOf: ConfigError,
  })
  t.is(
    error?.message,
    'extractor.strides has 4 values, but the neck gives 3 feature maps; ' +
      'give a stride for each map to read',
  )
})
