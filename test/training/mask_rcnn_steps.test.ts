import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import ava from 'ava'
import { VanillaNet } from '../../backbones/index.js'
import { type HostBatch, loadCoco, TrainLoader } from '../../datasets/index.js'
import type { MaskRCNN } from '../../detectors/index.js'
import { compile, openMemory } from '../../engine/index.js'
import { trainConfig } from '../../experiments/train_config.js'
import type { HostTensor } from '../../host_tensor.js'
import { Random, randomizeNorms } from '../../nn/index.js'
import type { Proposals } from '../../ops/index.js'
import type * as tf from '../../tf/tf.js'
import { withNoise } from '../../training/draw_noise.js'
import { makeOptimizer, type OptimizerOptions, TrainState } from '../../training/index.js'
import { singleBatchIterations } from '../../training/iteration.js'
import { temporaryFolder, writeAnnotations, writeImage } from '../datasets/coco_folder.js'
import { type ObjectScene, objectBatch } from '../datasets/object_batch.js'
import { narrowMaskRcnn } from '../detectors/narrow_mask_rcnn.js'
import { tinyMaskRcnn } from '../detectors/tiny_mask_rcnn.js'
import { tinyMaskExperiment } from '../experiments/tiny_mask_experiment.js'
import { assertClose } from '../helpers/assert_close.js'
import { readAll } from './read_all.js'

// One at a time: training listens for the signals of this process.
const test = ava.serial

/** Four taps, channels in blocks of 16, so that every lowering of the real network is met. */
function vanillaMaskRcnn(): MaskRCNN {
  const backbone = new VanillaNet({
    dims: [16, 16, 16, 32, 32],
    strides: [1, 2, 2, 2],
    actNum: 1,
    outIndices: [0, 1, 2, 3],
  })
  const detector = narrowMaskRcnn(backbone, {
    finestScale: 7,
    rpn: {
      sampler: { num: 32, posFraction: 0.5 },
      train: { nmsPre: 40, maxPerImage: 30 },
    },
    roi: {
      mask: { numConvs: 1, convChannels: 16 },
      sampler: { num: 16, posFraction: 0.25 },
    },
  }).initialize(3)
  randomizeNorms(detector, 4)
  return detector
}

/** The second image is smaller than the batch. */
const SCENES: ObjectScene[] = [
  {
    size: [64, 64],
    boxes: [
      [8, 10, 40, 44],
      [30, 4, 62, 30],
    ],
    labels: [0, 2],
  },
  { size: [60, 50], boxes: [[4, 4, 30, 50]], labels: [1] },
]

interface Steps {
  /** What each step logs. */
  metrics: Record<string, number>[]
  tensors: HostTensor[]
}

/** Steps on one batch, each with noise of its own. */
async function steps(
  detector: MaskRCNN,
  { tensors }: HostBatch,
  options: { count: number; engine?: 'onnxruntime' | 'tfjs'; optimizer?: OptimizerOptions },
): Promise<Steps> {
  const { count, engine, optimizer: given = SGD } = options
  const trainable = detector.namedParameters().filter(([, parameter]) => parameter.trainable)
  const shapes = Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
  const optimizer = makeOptimizer(given, shapes)
  const memory = openMemory({ engine })
  const state = TrainState.of(detector, optimizer.slots, { ema: false, memory })
  const iterations = singleBatchIterations(detector, state, { optimizer, compute: { engine } })
  const metrics: Record<string, number>[] = []
  for (let step = 1; step <= count; step++) {
    const { learningRate } = given
    const batch = withNoise(detector, tensors, new Random('noise', step))
    const result = await iterations.run({ batches: [batch], learningRate, step, lambda: 1 })
    metrics.push(result.metrics)
  }
  await iterations.dispose()
  const { parameters, buffers } = readAll(state.current)
  return { metrics, tensors: Object.values({ ...parameters, ...buffers }) }
}

const SGD: OptimizerOptions = { type: 'SGD', learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 }
const numbers = (tensors: HostTensor[]) => tensors.flatMap(({ data }) => Array.from(data))

test('three steps of a tiny Mask R-CNN with SGD are the same traced and eager', async (t) => {
  const batch = objectBatch(SCENES)
  const traced = await steps(vanillaMaskRcnn(), batch, { count: 3 })
  const eager = await steps(vanillaMaskRcnn(), batch, { count: 3, engine: 'tfjs' })
  for (const [i, metrics] of traced.metrics.entries()) {
    t.deepEqual(Object.keys(metrics), Object.keys(eager.metrics[i]))
    assertClose(t, Object.values(metrics), Object.values(eager.metrics[i]), 1e-4)
  }
  assertClose(t, numbers(traced.tensors), numbers(eager.tensors), 1e-4)
  // Of boxes and masks it depends on how many RoIs with an object were drawn.
  const classLoss = ({ loss_rpn_cls, loss_cls }: Record<string, number>) => loss_rpn_cls + loss_cls
  t.true(classLoss(traced.metrics[2]) < classLoss(traced.metrics[0]))
})

// A bias before a BatchNorm has a gradient of rounding errors only, of which AdamW makes whole
// steps, so that weights are not compared: those biases do not change the losses.
test('the loss is the sum of five losses, and AdamW lowers it', async (t) => {
  const optimizer: OptimizerOptions = { type: 'AdamW', learningRate: 1e-3, weightDecay: 0.05 }
  const { metrics } = await steps(vanillaMaskRcnn(), objectBatch(SCENES), { count: 3, optimizer })
  for (const { loss, ...rest } of metrics) {
    const { loss_rpn_cls, loss_rpn_bbox, loss_cls, loss_bbox, loss_mask } = rest
    assertClose(t, loss, loss_rpn_cls + loss_rpn_bbox + loss_cls + loss_bbox + loss_mask)
  }
  t.true(metrics[2].loss < metrics[0].loss)
})

/** Anchors and RoIs with an object of each image, as many as there are and as may be drawn. */
async function wantedPositives(scenes: ObjectScene[], batch: HostBatch) {
  const model = tinyMaskRcnn()
  const { num, posFraction } = model.roi_head.sampler
  const proposals = await proposalsOf(model, batch)
  const [, rows] = proposals.scores.shape
  let [anchors, rois] = [0, 0]
  for (const [image, { size, boxes }] of scenes.entries()) {
    anchors += Math.min(16, positiveAnchors(size, batch.tensors.images.shape, boxes))
    let positives = boxes.length
    for (let row = image * rows; row < (image + 1) * rows; row++) {
      if (proposals.scores.data[row] === 0) continue
      const proposal = Array.from(proposals.boxesXyxy.data.subarray(4 * row, 4 * row + 4))
      if (boxes.some((box) => iou(box, proposal) >= 0.5)) positives++
    }
    rois += Math.min(num * posFraction, positives)
  }
  return { anchors, rois }
}

/** What is proposed to train on. */
async function proposalsOf(model: MaskRCNN, { tensors }: HostBatch) {
  const { rpn_head } = model
  let kept: Proposals | undefined
  const propose = rpn_head.proposals.bind(rpn_head)
  rpn_head.proposals = (...args) => {
    kept = propose(...args)
    return kept
  }
  type Batch = { [Key in keyof typeof inputs]: tf.Tensor }
  const inputs = withNoise(model, tensors, new Random(0))
  const watched = compile(
    (batch: Batch) => {
      model.loss(batch as unknown as Parameters<MaskRCNN['loss']>[0])
      return { ...(kept as Proposals) }
    },
    { name: 'proposals' },
  )
  const proposals = await watched.run(inputs as never)
  await watched.dispose()
  return proposals
}

/** Anchors of the tiny model that an object takes: of IoU 0.7, or its best ones from 0.3 on. */
function positiveAnchors(
  [height, width]: number[],
  [, inputHeight, inputWidth]: readonly number[],
  boxes: number[][],
): number {
  const anchors: number[][] = []
  for (const stride of [4, 8, 16, 32, 64]) {
    for (let y = 0; y < Math.ceil(inputHeight / 32) * 32; y += stride) {
      for (let x = 0; x < Math.ceil(inputWidth / 32) * 32; x += stride) {
        if (y >= Math.ceil(height / 32) * 32 || x >= Math.ceil(width / 32) * 32) continue
        for (const ratio of [0.5, 1, 2]) {
          const [dx, dy] = [2 * stride * Math.sqrt(1 / ratio), 2 * stride * Math.sqrt(ratio)]
          anchors.push([x - dx, y - dy, x + dx, y + dy])
        }
      }
    }
  }
  const best = boxes.map((box) => Math.max(...anchors.map((anchor) => iou(box, anchor))))
  return anchors.filter((anchor) =>
    boxes.some((box, i) => {
      const overlap = iou(box, anchor)
      return overlap >= 0.7 || (best[i] >= 0.3 && overlap >= best[i] - 1e-6)
    }),
  ).length
}

function iou(a: number[], b: number[]): number {
  const across = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]))
  const down = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]))
  const area = ([x1, y1, x2, y2]: number[]) => (x2 - x1) * (y2 - y1)
  return (across * down) / (area(a) + area(b) - across * down)
}

const random = new Random('many objects')
/** 300 boxes of 2 to 25 pixels a side. */
const MANY = Array.from({ length: 300 }, () => {
  const [x, y] = [random.integer(70), random.integer(38)]
  return [x, y, x + 2 + random.integer(24), y + 2 + random.integer(24)]
})

const batches: [name: string, scenes: ObjectScene[]][] = [
  ['without any object', [{ size: [64, 96], boxes: [], labels: [] }]],
  ['with one object of one pixel', [{ size: [64, 96], boxes: [[50, 20, 51, 21]], labels: [1] }]],
  [
    'with 300 objects in one image',
    [{ size: [64, 96], boxes: MANY, labels: MANY.map((_, i) => i % 3) }],
  ],
  [
    'of three sizes, one image without objects',
    [
      { size: [33, 40], boxes: [[3, 3, 35, 30]], labels: [2] },
      { size: [64, 96], boxes: [], labels: [] },
      {
        size: [50, 96],
        boxes: [
          [0, 0, 96, 50],
          [10, 10, 26, 26],
        ],
        labels: [0, 1],
      },
    ],
  ],
]
for (const [name, scenes] of batches) {
  test(`a batch ${name} has finite losses and the right counts of positives`, async (t) => {
    const batch = objectBatch(scenes)
    const wanted = await wantedPositives(scenes, batch)
    const { metrics, tensors } = await steps(tinyMaskRcnn(), batch, { count: 2 })
    t.is(metrics[0].rpn_pos, wanted.anchors)
    t.is(metrics[0].roi_pos, wanted.rois)
    for (const step of metrics) {
      for (const [key, value] of Object.entries(step)) t.true(Number.isFinite(value), key)
    }
    t.true(numbers(tensors).every(Number.isFinite))
    const { loss_rpn_cls, loss_rpn_bbox, loss_cls, loss_bbox, loss_mask } = metrics[0]
    t.true(loss_rpn_cls > 0 && loss_cls > 0)
    t.is(loss_rpn_bbox > 0, wanted.anchors > 0)
    t.is(loss_bbox > 0, wanted.rois > 0)
    t.is(loss_mask > 0, wanted.rois > 0)
  })
}

test('an image whose objects are all crowds stays, with none', async (t) => {
  const imageDir = await temporaryFolder(t)
  await writeImage(join(imageDir, 'a.png'), [48, 64])
  const crowd = {
    image_id: 7,
    category_id: 17,
    area: 240,
    iscrowd: 1,
    segmentation: { size: [48, 64], counts: [480, 240, 2352] },
  }
  const annFile = await writeAnnotations(imageDir, {
    images: [{ id: 7, file_name: 'a.png', width: 64, height: 48 }],
    annotations: [
      { ...crowd, id: 1, bbox: [10, 0, 5, 48] },
      { ...crowd, id: 2, bbox: [10, 0, 5, 48] },
    ],
    categories: [{ id: 17, name: 'cat' }],
  })
  // There is nothing to train on
  const dataset = await loadCoco({ annFile, imageDir, mode: 'test' })
  const loader = new TrainLoader({
    dataset,
    seed: 0,
    masks: true,
    batchSize: 1,
    bucketStep: 32,
    workers: 0,
    scales: [[64, 48]],
    flip: 0,
  })
  const { value: batch } = await loader.batches().next()
  await loader.close()
  t.true(batch!.tensors.labels.data.every((label) => label === -1))
  t.true(batch!.tensors.masks!.data.every((cell) => cell === 0))
  const { metrics } = await steps(tinyMaskRcnn(), batch!, { count: 1 })
  t.deepEqual([metrics[0].rpn_pos, metrics[0].roi_pos], [0, 0])
  t.true(Object.values(metrics[0]).every(Number.isFinite))
})

test('two iterations, a stop and two more equal four byte for byte', async (t) => {
  const { folder, config } = await tinyMaskExperiment(t)
  const progressStream = new Writable({ write: (_, __, done) => done() }) as NodeJS.WriteStream
  const twoEpochs = { ...config, schedule: { epochs: 2 } }
  const train = (name: string, options: object = {}) =>
    trainConfig(twoEpochs, { workDir: join(folder, name), progressStream, ...options })
  const whole = await train('whole')
  t.is(whole.iteration, 4)
  t.is((await train('parts', { maxIters: 2 })).iteration, 2)
  const parts = await train('parts', { resume: true })
  t.is(parts.iteration, 4)
  for (const ending of ['.safetensors', '.train_state.safetensors']) {
    const [expected, found] = await Promise.all(
      [whole, parts].map(({ checkpoint }) =>
        readFile(checkpoint.replace(/\.safetensors$/, ending)),
      ),
    )
    t.true(found.equals(expected), ending)
  }
  const lines = await Promise.all(
    ['whole', 'parts'].map((name) => loggedLosses(join(folder, name))),
  )
  t.is(lines[0].length, 4)
  t.deepEqual(lines[1], lines[0])
})

for (const split of ['train', 'val'] as const) {
  test(`a ${split} annotation without a mask is refused before anything is written`, async (t) => {
    const { folder, config } = await tinyMaskExperiment(t)
    const json = JSON.parse(await readFile(config.data[split].annFile, 'utf8'))
    const { id } = json.annotations[3]
    delete json.annotations[3].segmentation
    const annFile = join(folder, 'without_a_mask.json')
    await writeFile(annFile, JSON.stringify(json))
    const data = { ...config.data, [split]: { ...config.data[split], annFile } }
    const workDir = join(folder, 'run')
    const error = await t.throwsAsync(
      trainConfig({ ...config, data, evaluation: { interval: 1 } }, { workDir }),
      { name: 'DataError' },
    )
    t.regex(
      error!.message,
      new RegExp(`without_a_mask\\.json: annotation ${id} \\(image \\d+\\) has no segmentation`),
    )
    t.false(existsSync(workDir))
  })
}

/** Lines of `metrics.jsonl` without times and memory. */
async function loggedLosses(workDir: string): Promise<object[]> {
  const text = await readFile(join(workDir, 'metrics.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const { time, dataTime, compileTime, memoryMiB, ...rest } = JSON.parse(line)
      return rest
    })
}
