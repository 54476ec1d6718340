import test from 'ava'
import { coco } from '../../configs/_base/coco.js'
import { evaluationNeeds, trainingNeeds } from '../../datasets/batch_needs.js'
import { type BatchPlan, type PlacedImage, type Sample, TrainLoader } from '../../datasets/index.js'
import { planShapes, type SharedShape } from '../../datasets/shape_plan.js'
import { assertClose } from '../helpers/assert_close.js'
import { cocoLikeSamples } from './coco_like.js'
import { dataSetOf } from './data_set_of.js'

function sample(size: [number, number], objects = 1): Pick<Sample, 'size' | 'labels'> {
  return { size, labels: new Int32Array(objects) }
}

const byKey = (needs: readonly SharedShape[]) =>
  Object.fromEntries(needs.map(({ size, slots, share }) => [`${size.join('x')}x${slots}`, share]))

function assertShares(
  t: Parameters<typeof assertClose>[0],
  needs: readonly SharedShape[],
  wanted: Record<string, number>,
) {
  t.deepEqual(Object.keys(byKey(needs)).sort(), Object.keys(wanted).sort())
  const keys = Object.keys(wanted)
  assertClose(
    t,
    keys.map((key) => byKey(needs)[key]),
    Object.values(wanted),
    1e-9,
  )
}

test('a batch of two needs the larger of two images', (t) => {
  const samples = [sample([64, 128]), sample([64, 128]), sample([64, 128]), sample([64, 160], 9)]
  const { needs, largest } = trainingNeeds(samples, {
    scales: [[160, 64]],
    batchSize: 2,
    bucketStep: 32,
  })
  assertShares(t, needs, { '64x128x8': 9 / 16, '64x160x16': 7 / 16 })
  t.deepEqual(largest, [{ size: [64, 160], slots: 16 }])
})

test('height, width and objects of a batch come from different images', (t) => {
  const samples = [sample([64, 160], 3), sample([96, 128], 20)]
  const { needs } = trainingNeeds(samples, { scales: [[160, 96]], batchSize: 2, bucketStep: 32 })
  assertShares(t, needs, { '64x160x8': 1 / 4, '96x128x24': 1 / 4, '96x160x24': 1 / 2 })
})

test('each scale is as likely, and high and wide images share no batch', (t) => {
  const samples = [...Array(3).fill(sample([50, 100])), sample([100, 50])]
  const { needs, largest } = trainingNeeds(samples, {
    scales: [
      [128, 64],
      [192, 96],
    ],
    batchSize: 1,
    bucketStep: 64,
  })
  assertShares(t, needs, {
    '64x128x8': 3 / 8,
    '128x192x8': 3 / 8,
    '128x64x8': 1 / 8,
    '192x128x8': 1 / 8,
  })
  t.deepEqual(largest, [
    { size: [192, 128], slots: 8 },
    { size: [128, 192], slots: 8 },
  ])
})

test('an evaluation counts its batches', (t) => {
  const { needs, largest } = evaluationNeeds([
    [64, 96],
    [32, 128],
    [64, 96],
    [128, 64],
  ])
  assertShares(t, needs, { '64x96x0': 1 / 2, '32x128x0': 1 / 4, '128x64x0': 1 / 4 })
  t.deepEqual(largest, [
    { size: [128, 64], slots: 0 },
    { size: [64, 128], slots: 0 },
  ])
})

const { scales, batchSize, bucketStep, flip } = coco
const images = cocoLikeSamples(8000)
const options = { dataset: dataSetOf(images), scales, batchSize, bucketStep, flip, seed: 3 }
/** Everything about a placed image but what batch it is in. */
const placement = ({ sample, size, flip }: PlacedImage) => [sample.imageId, ...size, flip]

function epochOf(loader: TrainLoader): BatchPlan[] {
  const plans = loader.plans()
  return Array.from({ length: loader.iterationsPerEpoch }, () => plans.next().value)
}

test('16 shapes for images such as COCO have few pixels more than steps of 32, as was expected', (t) => {
  const stepped = epochOf(new TrainLoader({ ...options, workers: 0 }))
  const loader = new TrainLoader({ ...options, workers: 0, shapes: 16 })
  const epoch = epochOf(loader)
  const keys = new Set(epoch.map(({ size, slots }) => `${size} ${slots}`))
  t.true(keys.size <= 16, `${keys.size}`)
  t.true(new Set(stepped.map(({ size, slots }) => `${size} ${slots}`)).size > 200)

  const pixels = (plans: BatchPlan[]) =>
    plans.reduce((sum, { size: [height, width] }) => sum + height * width, 0)
  const waste = pixels(epoch) / pixels(stepped) - 1
  t.true(waste < 0.15, `${waste}`)
  assertClose(t, [waste], [loader.shapePlan!.areaWaste], 0.01)
  for (const [i, { size, slots, images }] of epoch.entries()) {
    t.true(size[0] >= stepped[i].size[0] && size[1] >= stepped[i].size[1])
    t.true(images.every(({ labels }) => labels.length <= slots))
    t.is((size[0] % 32) + (size[1] % 32) + (slots % 8), 0)
  }
  // The draws are the same ones.
  t.deepEqual(
    epoch.map(({ images }) => images.map(placement)),
    stepped.map(({ images }) => images.map(placement)),
  )
})

test('the same data give the same plan, whatever the seed', (t) => {
  const plan = (seed: number) =>
    new TrainLoader({ ...options, dataset: dataSetOf(cocoLikeSamples(2000)), seed, shapes: 16 })
      .shapePlan
  t.deepEqual(plan(1), plan(2))
})

test('an image with 300 objects keeps them all', (t) => {
  const [first, ...others] = cocoLikeSamples(400)
  const boxesXyxy = Float32Array.from({ length: 1200 }, (_, i) => (i % 4 < 2 ? 10 : 90))
  const crowded = { ...first, labels: new Int32Array(300), boxesXyxy }
  const dataset = dataSetOf([...others, crowded])
  const loader = new TrainLoader({ ...options, dataset, workers: 0, shapes: 16 })
  const epoch = epochOf(loader)
  const [batch] = epoch.filter(({ images }) => images.some(({ sample }) => sample === crowded))
  t.is(batch.slots, 304)
  t.is(Math.max(...batch.images.map(({ labels }) => labels.length)), 300)
  t.true(epoch.some(({ slots }) => slots <= 64))
})

test('one shape of both orientations holds every batch where no more are allowed', (t) => {
  const loader = new TrainLoader({ ...options, workers: 0, shapes: 1 })
  t.deepEqual(
    loader.shapePlan!.shapes.map(({ size, slots }) => ({ size, slots })),
    [{ size: [1344, 1344], slots: 96 }],
  )
})

test('planning for 118,287 images takes seconds of a processor at most', (t) => {
  const many = Array.from({ length: 15 }, () => images)
    .flat()
    .slice(0, 118287)
  const before = process.cpuUsage()
  const { needs, largest } = trainingNeeds(many, { scales, batchSize, bucketStep })
  planShapes(needs, { count: 16, largest })
  const { user } = process.cpuUsage(before)
  t.true(user < 4e6, `${user / 1e6} s`)
})
