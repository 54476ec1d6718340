import test from 'ava'
import { SwinTransformer } from '../../backbones/index.js'
import { RetinaNet } from '../../detectors/index.js'
import { openMemory } from '../../engine/index.js'
import { RetinaHead } from '../../heads/index.js'
import { floats, ints } from '../../host_tensor.js'
import { FPN } from '../../necks/index.js'
import { Random } from '../../nn/index.js'
import { withNoise } from '../../training/draw_noise.js'
import { makeOptimizer, type OptimizerOptions, TrainState } from '../../training/index.js'
import { singleBatchIterations } from '../../training/iteration.js'
import { paramGroups } from '../../training/optim/param_groups.js'
import { assertClose } from '../helpers/assert_close.js'
import { readAll } from './read_all.js'

/** Maps of 8 x 11 and 4 x 6 cells, neither of them whole windows. */
const SHAPE = [64, 88]

/** Parameters without weight decay, as Swin's recipe has it. */
const NO_DECAY = ['norm', 'relative_position_bias_table']

function tinyRetinaNet(): RetinaNet {
  const backbone = new SwinTransformer({
    embedDim: 8,
    depths: [1, 2, 1],
    numHeads: [1, 2, 4],
    windowSize: 3,
    dropPathRate: 0.5,
    outIndices: [1, 2],
  })
  const { outChannels } = backbone
  const neck = new FPN({ inChannels: outChannels, inStrides: [8, 16], outChannels: 8, numOuts: 2 })
  const head = new RetinaHead({
    numClasses: 3,
    inChannels: 8,
    featChannels: 8,
    stackedConvs: 1,
    anchors: { strides: [8, 16], octaveBaseScale: 2 },
  })
  return new RetinaNet({ backbone, neck, head }).initialize(3)
}

/** Two images of noise, the second one smaller than the batch; two objects and one. */
function batch() {
  const random = new Random('swin steps')
  const [height, width] = SHAPE
  const pixels = Uint8Array.from({ length: 2 * height * width * 3 }, () => random.integer(256))
  const boxes = [8, 10, 40, 44, 50, 4, 88, 30, 4, 4, 30, 50, 0, 0, 0, 0]
  return {
    images: { dtype: 'uint8' as const, shape: [2, height, width, 3], data: pixels },
    imageSizes: floats([64, 88, 60, 70], [2, 2]),
    boxesXyxy: floats(boxes, [2, 2, 4]),
    labels: ints([0, 2, 1, -1], [2, 2]),
  }
}

function trainableShapes(detector: RetinaNet): Record<string, readonly number[]> {
  const trainable = detector.namedParameters().filter(([, parameter]) => parameter.trainable)
  return Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
}

/** Losses and weights after three steps, each with noise of its own. */
async function threeSteps(
  options: OptimizerOptions,
  engine: 'onnxruntime' | 'tfjs',
  noiseSeed = 1,
) {
  const detector = tinyRetinaNet()
  const optimizer = makeOptimizer(options, trainableShapes(detector))
  const memory = openMemory({ engine })
  const state = TrainState.of(detector, optimizer.slots, { ema: false, memory })
  const iterations = singleBatchIterations(detector, state, { optimizer, compute: { engine } })
  const losses: number[] = []
  for (const step of [1, 2, 3]) {
    const { learningRate } = options
    const drawn = withNoise(detector, batch(), new Random('noise', noiseSeed, step))
    const inputs = { batches: [drawn], learningRate, step, lambda: 1 }
    const { metrics } = await iterations.run(inputs)
    losses.push(metrics.loss_cls, metrics.loss_bbox)
  }
  await iterations.dispose()
  return { losses, weights: Object.values(readAll(state.current).parameters) }
}

test('three steps of a tiny RetinaNet with Swin and drop path are the same traced and eager', async (t) => {
  const sgd: OptimizerOptions = { type: 'SGD', learningRate: 0.01, momentum: 0.9 }
  const [traced, eager] = [await threeSteps(sgd, 'onnxruntime'), await threeSteps(sgd, 'tfjs')]
  assertClose(t, traced.losses, eager.losses, 1e-4)
  const numbers = (weights: typeof eager.weights) => weights.flatMap(({ data }) => [...data])
  assertClose(t, numbers(traced.weights), numbers(eager.weights), 1e-4)
})

test('noise changes the losses, and the loss falls with AdamW and without decay of norms', async (t) => {
  const adamW: OptimizerOptions = {
    type: 'AdamW',
    learningRate: 3e-3,
    weightDecay: 0.05,
    noDecay: NO_DECAY,
  }
  const [first, other] = [
    await threeSteps(adamW, 'onnxruntime', 1),
    await threeSteps(adamW, 'onnxruntime', 2),
  ]
  t.notDeepEqual(first.losses, other.losses)
  t.true(first.losses.every(Number.isFinite))
  t.true(first.losses[4] < first.losses[0])
})

test('norms and bias tables are not decayed, all else is, at one learning rate', (t) => {
  const shapes = trainableShapes(tinyRetinaNet())
  const { groups, groupOf } = paramGroups(shapes, { weightDecay: 0.05, noDecay: NO_DECAY })
  t.true(groups.every(({ lrScale }) => lrScale === 1))
  const kept = Object.keys(shapes).filter((name) => groups[groupOf[name]].weightDecay === 0)
  t.deepEqual(
    kept.filter((name) => name.startsWith('backbone.layers.2')),
    [
      'backbone.layers.2.blocks.0.norm1.weight',
      'backbone.layers.2.blocks.0.norm1.bias',
      'backbone.layers.2.blocks.0.attn.relative_position_bias_table',
      'backbone.layers.2.blocks.0.norm2.weight',
      'backbone.layers.2.blocks.0.norm2.bias',
    ],
  )
  // Patches' norm; two norms and a table a block; two mergings' norms; two outputs'.
  t.is(kept.length, 2 + 4 * 5 + 2 * 2 + 2 * 2)
})
