import test, { type ExecutionContext } from 'ava'
import { ConfigError } from '../../errors.js'
import {
  RPNHead,
  type RPNHeadOptions,
  type RPNOutputs,
  type RPNTargets,
} from '../../heads/rpn_head.js'
import { floats, ints } from '../../host_tensor.js'
import { functionalCall } from '../../nn/index.js'
import type { SampleOptions } from '../../ops/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { readFixture } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

/** The fixtures' input of 64 x 96 pixels, and its grids at strides 4 to 64. */
const SIZES: [number, number][] = [
  [16, 24],
  [8, 12],
  [4, 6],
  [2, 3],
  [1, 2],
]
const ANCHORS = 1536

/** Numbers in [0, 1), as `pattern` in the fixtures' script. */
function pattern(count: number, salt: number, start = 0): number[] {
  return Array.from(
    { length: count },
    (_, i) => (((start + i) * 48271 + salt * 9973) % 65521) / 65521,
  )
}

/** `[images, h, w, channels]` for each level, numbered through, as `maps` there. */
function maps(images: number, channels: number, salt: number, scale: number, offset: number) {
  let start = 0
  return SIZES.map(([height, width]) => {
    const shape: [number, number, number, number] = [images, height, width, channels]
    const count = images * height * width * channels
    const values = pattern(count, salt, start).map((value) => value * scale + offset)
    start += count
    return tf.tensor4d(values, shape)
  })
}

function drawnNoise(images: number, salt: number, steps = 0): tf.Tensor2D {
  const noise = pattern(images * ANCHORS, salt)
  const stepped = steps ? noise.map((value) => Math.floor(value * steps) / steps) : noise
  return tf.tensor2d(stepped, [images, ANCHORS])
}

/** Sizes of images, each padded to multiples of 32 by itself. */
function framesOf(imageSizes: number[][]): { imageSizes: tf.Tensor2D; paddedSizes: tf.Tensor2D } {
  const padded = imageSizes.map((size) => size.map((side) => 32 * Math.ceil(side / 32)))
  return { imageSizes: tf.tensor2d(imageSizes), paddedSizes: tf.tensor2d(padded) }
}

/** Boxes of each image, padded to `rows`. */
function targetsOf(boxes: number[][][], imageSizes: number[][], rows = 6): RPNTargets {
  const padding = (count: number) => Array<number[]>(rows - count).fill([0, 0, 0, 0])
  const padded = boxes.map((ofImage) => [...ofImage, ...padding(ofImage.length)])
  const labels = boxes.map((ofImage) => padded[0].map((_, i) => (i < ofImage.length ? i % 3 : -1)))
  return {
    boxesXyxy: tf.tensor3d(padded.flat(2), [boxes.length, rows, 4]),
    labels: tf.tensor2d(labels.flat(), [boxes.length, rows], 'int32'),
    paddedSizes: framesOf(imageSizes).paddedSizes,
  }
}

const small = (options: RPNHeadOptions = {}) =>
  new RPNHead({ inChannels: 3, featChannels: 4, ...options })

/** Outputs of one image that favour nothing anywhere. */
const silence: RPNOutputs = {
  objectness: SIZES.map(([h, w]) => tf.zeros([1, h, w, 3])),
  boxDeltas: SIZES.map(([h, w]) => tf.zeros([1, h, w, 12])),
}

const LN2 = Math.LN2

test('parameters have the names, shapes and numbers of mmdetection', (t) => {
  const named = new RPNHead().namedParameters()
  t.deepEqual(
    named.map(([name, { shape }]) => [name, shape]),
    [
      ['rpn_conv.weight', [256, 256, 3, 3]],
      ['rpn_conv.bias', [256]],
      ['rpn_cls.weight', [3, 256, 1, 1]],
      ['rpn_cls.bias', [3]],
      ['rpn_reg.weight', [12, 256, 1, 1]],
      ['rpn_reg.bias', [12]],
    ],
  )
  const countOf = (part: string) =>
    named
      .filter(([name]) => name.startsWith(part))
      .reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b), 0)
  t.deepEqual(['rpn_conv', 'rpn_cls', 'rpn_reg'].map(countOf), [590_080, 771, 3_084])
})

test('new weights are normal with a deviation of 0.01, biases 0', (t) => {
  const head = new RPNHead({ inChannels: 64, featChannels: 64 }).initialize(1)
  for (const layer of [head.rpn_conv, head.rpn_cls, head.rpn_reg]) {
    const { data } = layer.weight
    const spread = Math.sqrt(data.reduce((sum, w) => sum + w * w, 0) / data.length)
    t.true(Math.abs(spread / 0.01 - 1) < 4 / Math.sqrt(2 * data.length), `spread ${spread}`)
    t.true(layer.bias?.data.every((value) => value === 0))
  }
})

test('an input of 800 x 1344 has 268,569 anchors', (t) => {
  const sizes = [4, 8, 16, 32, 64].map((s): [number, number] => [
    Math.ceil(800 / s),
    Math.ceil(1344 / s),
  ])
  t.is(new RPNHead().anchorCount(sizes), 268_569)
  t.is(small().anchorCount(SIZES), ANCHORS)
})

test('each map gives an objectness and four deltas for every anchor', (t) => {
  const { objectness, boxDeltas } = small().forward(maps(2, 3, 0, 1, 0))
  t.deepEqual(
    objectness.map((map) => map.shape),
    SIZES.map(([h, w]) => [2, h, w, 3]),
  )
  t.deepEqual(
    boxDeltas.map((map) => map.shape),
    SIZES.map(([h, w]) => [2, h, w, 12]),
  )
})

// Targets and losses
// -------------------------------------------------------------------------------

interface Sparse {
  at: number[]
  values: number[]
}

interface LossCase {
  name: string
  sampler: SampleOptions
  noiseSteps: number
  boxes: number[][][]
  images: { positives: number[]; negatives: number[]; deltas: number[][] }[]
  lossCls: number
  lossBbox: number
  objectnessGradients: Sparse[]
  deltaGradients: Sparse[]
}

interface LossFixture {
  anchorCount: number
  imageSizes: number[][]
  cases: LossCase[]
}

const lossFixture = readFixture<LossFixture>('rpn_losses.json')

/** Where a row has weights, all of which must be 1. */
function chosen(weights: number[]): number[] {
  return weights.flatMap((weight, i) => (weight === 1 ? [i] : weight === 0 ? [] : [Number.NaN]))
}

function dense({ at, values }: Sparse, size: number): number[] {
  const all = new Array<number>(size).fill(0)
  for (const [i, place] of at.entries()) all[place] = values[i]
  return all
}

test('the fixtures are for the anchors that are tested', (t) => {
  t.is(lossFixture.anchorCount, ANCHORS)
})

for (const fixture of lossFixture.cases) {
  const head = small({ sampler: fixture.sampler })
  const targets = (rows?: number) => targetsOf(fixture.boxes, lossFixture.imageSizes, rows)
  const noise = drawnNoise(3, 7, fixture.noiseSteps)

  test(`${fixture.name}: samples and their deltas are those of mmdetection's rules`, (t) => {
    const { positives, negatives, deltas } = head.anchorTargets(SIZES, targets(), noise)
    t.deepEqual(deltas.shape, [3, ANCHORS, 4])
    const [p, n, d] = [positives.arraySync(), negatives.arraySync(), deltas.arraySync()]
    for (const [image, wanted] of fixture.images.entries()) {
      t.deepEqual(chosen(p[image]), wanted.positives)
      t.deepEqual(chosen(n[image]), wanted.negatives)
      const rows = wanted.positives.map((anchor) => d[image][anchor])
      assertClose(t, rows, wanted.deltas)
    }
  })

  test(`${fixture.name}: losses and gradients are those of PyTorch`, (t) => {
    const levels = SIZES.length
    const lossOf = (maps: tf.Tensor[]) => {
      const outputs = { objectness: maps.slice(0, levels), boxDeltas: maps.slice(levels) }
      return head.loss(outputs as RPNOutputs, targets(), noise)
    }
    const all = [...maps(3, 3, 1, 6, -3), ...maps(3, 12, 2, 0.8, -0.4)]
    const { loss_rpn_cls, loss_rpn_bbox, rpn_pos } = lossOf(all)
    assertClose(t, loss_rpn_cls, fixture.lossCls)
    assertClose(t, loss_rpn_bbox, fixture.lossBbox)
    assertClose(
      t,
      rpn_pos,
      fixture.images.reduce((sum, image) => sum + image.positives.length, 0),
    )

    const total = (...maps: tf.Tensor[]) => {
      const losses = lossOf(maps)
      return tf.add(losses.loss_rpn_cls, losses.loss_rpn_bbox) as tf.Scalar
    }
    const wanted = [...fixture.objectnessGradients, ...fixture.deltaGradients]
    for (const [i, gradient] of tf.grads(total)(all).entries()) {
      assertScaledClose(t, gradient, dense(wanted[i], gradient.size))
    }
  })
}

/** Asserts agreement within 1e-4 of the largest value. */
function assertScaledClose(t: ExecutionContext, actual: tf.Tensor, expected: number[]): void {
  const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-3)
  assertClose(
    t,
    tf.div(actual, scale),
    expected.map((value) => value / scale),
    1e-4,
  )
}

test('an anchor past the padded size of its image is neither positive nor negative', (t) => {
  const { positives, negatives } = small().anchorTargets(
    SIZES,
    targetsOf([[[48, 0, 80, 32]]], [[30, 50]]),
    drawnNoise(1, 1),
  )
  const taken = chosen(Array.from(tf.add(positives, negatives).dataSync()))
  // Rows 0 to 7 and columns 0 to 15 of the finest level: cells of 4 pixels in 32 x 64.
  const finest = taken.filter((anchor) => anchor < 16 * 24 * 3)
  t.true(finest.length > 100)
  for (const anchor of finest) {
    const cell = Math.floor(anchor / 3)
    t.true(cell % 24 < 16 && Math.floor(cell / 24) < 8)
  }
})

test('without any object, even without a row for one, the sampled anchors are negatives', (t) => {
  for (const rows of [0, 3]) {
    const targets = targetsOf([[]], [[64, 96]], rows)
    const losses = small().loss(silence, targets, drawnNoise(1, 2))
    assertClose(t, losses.loss_rpn_cls, (256 * LN2) / 257) // at least one positive is counted
    assertClose(t, losses.loss_rpn_bbox, 0)
    assertClose(t, losses.rpn_pos, 0)
  }
})

test('an object of one pixel has no anchor, and the losses are finite', (t) => {
  const targets = targetsOf([[[40, 20, 41, 21]]], [[64, 96]])
  const losses = small().loss(silence, targets, drawnNoise(1, 3))
  assertClose(t, losses.loss_rpn_cls, (256 * LN2) / 257)
  assertClose(t, losses.loss_rpn_bbox, 0)
})

test('of 300 objects in one image, 128 anchors at most are positive', (t) => {
  const boxes = Array.from({ length: 300 }, (_, i) => {
    // Each on an anchor of the finest level
    const [x, y] = [(i % 20) * 4 - 16, Math.floor(i / 20) * 4 - 16]
    return [x + 1, y, x + 33, y + 31]
  })
  const targets = targetsOf([boxes], [[64, 96]], 300)
  const { positives, negatives } = small().anchorTargets(SIZES, targets, drawnNoise(1, 4))
  t.is(tf.sum(positives).dataSync()[0], 128)
  t.is(tf.sum(negatives).dataSync()[0], 128)
  const losses = small().loss(silence, targets, drawnNoise(1, 4))
  assertClose(t, losses.loss_rpn_cls, LN2)
  t.true(Number.isFinite(losses.loss_rpn_bbox.dataSync()[0]))
  t.is(losses.rpn_pos.dataSync()[0], 128)
})

test('the deltas of an anchor beside its object are as worked by hand', (t) => {
  // The square anchor of cell (x 4, y 3) is [0, -4, 32, 28].
  const targets = targetsOf([[[1, -4, 33, 27]]], [[64, 96]])
  const { positives, deltas } = small().anchorTargets(SIZES, targets, drawnNoise(1, 5))
  const anchor = (3 * 24 + 4) * 3 + 1
  t.is(positives.arraySync()[0][anchor], 1)
  const expected = [1 / 32, -0.5 / 32, 0, Math.log(31 / 32)]
  assertClose(t, deltas.arraySync()[0][anchor], expected)
})

test('losses are divided by the number of sampled anchors of the whole batch', (t) => {
  const head = small({ sampler: { num: 8, posFraction: 0.25 } })
  const targets = targetsOf(
    [[[16, 8, 48, 40]], []],
    [
      [64, 96],
      [64, 96],
    ],
  )
  const outputs = {
    objectness: SIZES.map(([h, w]) => tf.zeros([2, h, w, 3]) as tf.Tensor4D),
    boxDeltas: SIZES.map(([h, w]) => tf.fill([2, h, w, 12], 10) as tf.Tensor4D),
  }
  const { deltas, positives } = head.anchorTargets(SIZES, targets, drawnNoise(2, 6))
  const wanted = tf.sum(tf.mul(tf.sub(10, deltas), tf.expandDims(positives, 2))).dataSync()[0]
  const losses = head.loss(outputs, targets, drawnNoise(2, 6))
  assertClose(t, losses.loss_rpn_cls, (16 * LN2) / (2 + 6 + 1 + 8))
  assertClose(t, losses.loss_rpn_bbox, wanted / 17)
})

test('the gradient of a logit is the slope of the loss', (t) => {
  const head = new RPNHead({
    inChannels: 1,
    featChannels: 1,
    anchors: { strides: [8], scales: [2], ratios: [1] },
    sampler: { num: 4, posFraction: 0.5 },
  })
  const targets = targetsOf([[[-6, -8, 9, 8]]], [[16, 24]], 2)
  const noise = tf.tensor2d([[0.1, 0.9, 0.3, 0.8, 0.2, 0.7]])
  const values = Array.from({ length: 30 }, (_, i) => Math.sin(3 * i))
  const total = (x: tf.Tensor) => {
    const [logits, deltas] = tf.split(x, [6, 24])
    const outputs = {
      objectness: [tf.reshape(logits, [1, 2, 3, 1]) as tf.Tensor4D],
      boxDeltas: [tf.reshape(deltas, [1, 2, 3, 4]) as tf.Tensor4D],
    }
    const { loss_rpn_cls, loss_rpn_bbox } = head.loss(outputs, targets, noise)
    return tf.add(loss_rpn_cls, loss_rpn_bbox)
  }
  const step = 1e-2
  const slopes = values.map((_, i) => {
    const moved = (by: number) =>
      total(tf.tensor1d(values.map((value, j) => (i === j ? value + by : value)))).dataSync()[0]
    return (moved(step) - moved(-step)) / (2 * step)
  })
  t.is(slopes.filter((slope) => Math.abs(slope) > 1e-3).length, 4 + 4)
  assertClose(t, tf.grad(total)(tf.tensor1d(values)), slopes, 1e-4)
})

// Proposals
// ----------------------------------------------------------------------------------------

interface ProposalFixture {
  imageSizes: number[][]
  modes: Record<
    'train' | 'test',
    {
      options: { nmsPre: number; maxPerImage: number }
      images: { boxes: number[][]; scores: number[] }[]
    }
  >
}

const proposalFixture = readFixture<ProposalFixture>('rpn_proposals.json')
const drawnOutputs = () => ({
  objectness: maps(3, 3, 3, 8, -5),
  boxDeltas: maps(3, 12, 4, 0.6, -0.3),
})

for (const mode of ['train', 'test'] as const) {
  test(`proposals to ${mode} are those of mmdetection's rules with torchvision`, (t) => {
    const { options, images } = proposalFixture.modes[mode]
    const other = mode === 'train' ? 'test' : 'train'
    const head = small({ [mode]: options, [other]: { nmsPre: 3, maxPerImage: 5 } })
    const frames = framesOf(proposalFixture.imageSizes)
    const { boxesXyxy, scores } = head.proposals(drawnOutputs(), frames, mode)
    t.deepEqual(boxesXyxy.shape, [3, options.maxPerImage, 4])
    t.deepEqual(scores.shape, [3, options.maxPerImage])
    for (const [image, wanted] of images.entries()) {
      const missing = options.maxPerImage - wanted.scores.length
      assertClose(t, tf.gather(scores, image), [...wanted.scores, ...Array(missing).fill(0)])
      const boxes = [...wanted.boxes, ...Array(missing).fill([0, 0, 0, 0])]
      assertClose(t, tf.gather(boxesXyxy, image), boxes, 1e-4)
    }
  })
}

test('to train on, an image of a batch is searched on the padding that came with it; to detect in, on its own', (t) => {
  const { objectness, boxDeltas } = drawnOutputs()
  const ofImage = (image: number) => ({
    objectness: objectness.map((map) => tf.gather(map, [image])),
    boxDeltas: boxDeltas.map((map) => tf.gather(map, [image])),
  })
  const sizes = [
    [64, 96],
    [60, 90],
    [30, 50],
  ] // the last is padded to 32 x 64
  const head = small()
  const boxes = (mode: 'train' | 'test', outputs: RPNOutputs, imageSizes: number[][]) =>
    head.proposals(outputs, framesOf(imageSizes), mode).boxesXyxy
  const together = (mode: 'train' | 'test') => boxes(mode, drawnOutputs(), sizes)
  const alone = (mode: 'train' | 'test') => boxes(mode, ofImage(2), [sizes[2]])

  assertClose(t, tf.gather(together('test'), 2), tf.squeeze(alone('test'), [0]))
  assertClose(t, alone('train'), alone('test'))
  t.notDeepEqual(
    Array.from(tf.gather(together('train'), 2).dataSync()),
    Array.from(alone('train').dataSync()),
  )
  // An anchor on the padding reaches into the image, and nothing that is proposed lies outside it.
  const [right, bottom] = [2, 3].map(
    (side) => tf.max(tf.gather(tf.gather(together('train'), 2), side, 1)).dataSync()[0],
  )
  t.true(right <= 50 && bottom <= 30)
})

test('unless told otherwise, 1000 are proposed of 2000 or 1000 anchors a level', (t) => {
  const { selection, sampler, assigner } = new RPNHead()
  t.deepEqual(selection, {
    train: { nmsPre: 2000, iouThr: 0.7, maxPerImage: 1000 },
    test: { nmsPre: 1000, iouThr: 0.7, maxPerImage: 1000 },
  })
  t.deepEqual(sampler, { num: 256, posFraction: 0.5 })
  t.deepEqual(assigner, { posIouThr: 0.7, negIouThr: 0.3, minPosIou: 0.3 })
})

// The head as a whole
// ------------------------------------------------------------------------------

interface HeadFixture {
  sampler: SampleOptions
  boxes: number[][][]
  imageSizes: number[][]
  coarsestObjectness: number[]
  lossCls: number
  lossBbox: number
  gradients: Record<string, number[]>
}

const headFixture = readFixture<HeadFixture>('rpn_head.json')

/** A head with the weights of the fixture's script. */
function patternHead(): RPNHead {
  const head = small({ sampler: headFixture.sampler, train: { nmsPre: 100, maxPerImage: 50 } })
  for (const [i, [, parameter]] of head.namedParameters().entries()) {
    const values = pattern(parameter.data.length, 20 + i)
    parameter.data = Float32Array.from(values, (value) => value - 0.5)
  }
  return head
}

test('losses and the gradient of every parameter are those of PyTorch', (t) => {
  const head = patternHead()
  const named = head.namedParameters()
  const features = maps(3, 3, 5, 2, -1)
  assertClose(t, head.forward(features).objectness[4], headFixture.coarsestObjectness)
  const { boxes, imageSizes } = headFixture
  const lossOf = () =>
    head.loss(head.forward(features), targetsOf(boxes, imageSizes), drawnNoise(3, 8))
  const { loss_rpn_cls, loss_rpn_bbox } = lossOf()
  assertClose(t, loss_rpn_cls, headFixture.lossCls)
  assertClose(t, loss_rpn_bbox, headFixture.lossBbox)

  const total = (...values: tf.Tensor[]) => {
    const byName = Object.fromEntries(named.map(([name], i) => [name, values[i]]))
    const { result } = functionalCall(head, byName, lossOf)
    return tf.add(result.loss_rpn_cls, result.loss_rpn_bbox) as tf.Scalar
  }
  const gradients = tf.grads(total)(named.map(([, parameter]) => parameter.value))
  for (const [i, [name]] of named.entries()) {
    assertScaledClose(t, gradients[i], headFixture.gradients[name])
  }
})

test('traced, losses, gradients and proposals are as eager', async (t) => {
  const head = patternHead()
  const names = head.namedParameters().map(([name]) => name)
  interface Inputs {
    [key: string]: tf.Tensor | tf.Tensor[]
    parameters: tf.Tensor[]
    features: tf.Tensor[]
    boxesXyxy: tf.Tensor
    labels: tf.Tensor
    imageSizes: tf.Tensor
    paddedSizes: tf.Tensor
    noise: tf.Tensor
  }
  const step = (inputs: Inputs) => {
    const frames = {
      imageSizes: inputs.imageSizes as tf.Tensor2D,
      paddedSizes: inputs.paddedSizes as tf.Tensor2D,
    }
    const targets = {
      boxesXyxy: inputs.boxesXyxy as tf.Tensor3D,
      labels: inputs.labels as tf.Tensor2D,
      paddedSizes: frames.paddedSizes,
    }
    const run = (values: tf.Tensor[]) =>
      functionalCall(head, Object.fromEntries(names.map((name, i) => [name, values[i]])), () => {
        const outputs = head.forward(inputs.features as tf.Tensor4D[])
        const proposals = head.proposals(outputs, frames, 'train')
        return { proposals, losses: head.loss(outputs, targets, inputs.noise as tf.Tensor2D) }
      }).result
    const total = (...values: tf.Tensor[]) => {
      const { losses, proposals } = run(values)
      // The proposals are used, as a second stage would use them.
      const used = tf.mul(losses.loss_rpn_cls, tf.mean(proposals.boxesXyxy))
      return tf.add(tf.add(losses.loss_rpn_cls, losses.loss_rpn_bbox), used) as tf.Scalar
    }
    return { ...run(inputs.parameters), gradients: tf.grads(total)(inputs.parameters) }
  }
  const { boxes, imageSizes } = headFixture
  const targets = targetsOf(boxes, imageSizes)
  const host = (x: tf.Tensor) => floats(x.dataSync(), x.shape)
  await tracedEqualsEager(t, step, {
    parameters: head.namedParameters().map(([, { data, shape }]) => floats(data, shape)),
    features: maps(3, 3, 5, 2, -1).map(host),
    boxesXyxy: host(targets.boxesXyxy),
    labels: ints(targets.labels.dataSync(), targets.labels.shape),
    imageSizes: host(tf.tensor2d(imageSizes)),
    paddedSizes: host(targets.paddedSizes),
    noise: host(drawnNoise(3, 8)),
  })
})

test('another number of feature maps than of strides is refused', (t) => {
  const error = t.throws(() => small().forward(maps(1, 3, 0, 1, 0).slice(1)), {
    instanceOf: ConfigError,
  })
  t.is(
    error?.message,
    'anchors.strides has 5 values, but the neck gives 4 feature maps; give one stride for each map',
  )
})

test('noise of another shape is refused', (t) => {
  const targets = targetsOf([[]], [[64, 96]])
  const error = t.throws(() => small().loss(silence, targets, tf.zeros([1, 1535])))
  t.is(
    error?.message,
    'RPNHead.loss: noise has shape [1, 1535]; give a number for each anchor of each image, [1, 1536]',
  )
})
