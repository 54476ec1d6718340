import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type CocoDataset, generateShapes, loadCoco } from '../../datasets/index.js'
import { type Detections, Detector, type PredictBatch } from '../../detectors/index.js'
import type { BoxResult } from '../../evaluation/coco_results.js'
import { detectAll, evaluate, evaluateResults } from '../../evaluation/evaluate.js'
import { Parameter } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { oneCat, temporaryFolder, writeAnnotations, writeImage } from '../datasets/coco_folder.js'

/** Three images with objects of all three classes. */
async function shapes(t: ExecutionContext): Promise<CocoDataset> {
  const directory = await temporaryFolder(t)
  const files = await generateShapes({ directory, count: 3, size: [64, 96], seed: 6 })
  return loadCoco({ ...files, mode: 'test' })
}

/** The ground truth as detections, crowds left out. */
function perfect({ groundTruth }: CocoDataset): BoxResult[] {
  return ([...groundTruth.rows] as object[] as (BoxResult & { iscrowd: number })[])
    .filter(({ iscrowd }) => !iscrowd)
    .map(({ image_id, category_id, bbox }) => ({ image_id, category_id, bbox, score: 0.9 }))
}

test('detections that are the ground truth have AP 1', async (t) => {
  const dataset = await shapes(t)
  const { bbox, table } = evaluateResults(dataset, { bbox: perfect(dataset) })
  t.true(Math.abs(bbox.AP - 1) < 1e-12)
  t.true(Math.abs(bbox.AR100 - 1) < 1e-12)
  t.deepEqual(Object.keys(bbox), [
    ...['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl'],
    ...['AR1', 'AR10', 'AR100', 'ARs', 'ARm', 'ARl'],
  ])
  t.is(table.length, 12)
  t.is(table[0], ' Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000')
})

test('each class has its row, in the order of ids', async (t) => {
  const dataset = await shapes(t)
  const [first] = dataset.categoryIds
  const found = perfect(dataset).filter(({ category_id }) => category_id === first)
  const { bbox, perClass } = evaluateResults(dataset, { bbox: found })
  const rows = perClass.bbox
  t.deepEqual(
    rows.map(({ id, name }) => [id, name]),
    dataset.groundTruth.dataset.categories!.map(({ id, name }) => [id, name]),
  )
  t.deepEqual(
    rows.map(({ AP }) => Math.round(AP)),
    rows.map(({ id, groundTruths }) => (groundTruths === 0 ? -1 : Number(id === first))),
  )
  const measured = rows.map(({ AP }) => AP).filter((value) => value !== -1)
  t.true(Math.abs(measured.reduce((sum, AP) => sum + AP, 0) / measured.length - bbox.AP) < 1e-12)
})

test('a detector that finds nothing has AP 0', async (t) => {
  t.is(evaluateResults(await shapes(t), { bbox: [] }).bbox.AP, 0)
})

/** One image, one class, and at most one object. */
async function one(t: ExecutionContext, objects: 0 | 1): Promise<CocoDataset> {
  const imageDir = await temporaryFolder(t)
  await writeImage(join(imageDir, 'a.png'), [48, 64])
  const parts = objects === 1 ? {} : { annotations: [] }
  const annFile = await writeAnnotations(imageDir, oneCat(parts))
  return loadCoco({ annFile, imageDir, mode: 'test' })
}

for (const [objects, found, AP] of [
  [1, 1, 1],
  [1, 0, 0],
  [0, 1, -1],
  [0, 0, -1],
] as const) {
  test(`one image and one class with ${objects} objects and ${found} detections have AP ${AP}`, async (t) => {
    const dataset = await one(t, objects)
    const box = { image_id: 7, category_id: 17, bbox: [10, 20, 30, 8], score: 0.5 } as BoxResult
    const { bbox, perClass, table } = evaluateResults(dataset, { bbox: found === 1 ? [box] : [] })
    t.true(Math.abs(bbox.AP - AP) < 1e-12)
    t.is(perClass.bbox.length, 1)
    t.true(Math.abs(perClass.bbox[0].AP - AP) < 1e-12)
    t.is(table.length, 12)
  })
}

test('evaluation leaves annotations and detections as they are', async (t) => {
  const dataset = await shapes(t)
  const results = perfect(dataset)
  const all = () => [dataset.groundTruth.dataset, [...dataset.groundTruth.rows], results]
  const before = structuredClone(all())
  evaluateResults(dataset, { bbox: results })
  t.deepEqual(all(), before)
})

test('categories that are no classes of the model do not count', async (t) => {
  const dataset = await shapes(t)
  const some = { ...dataset, categoryIds: dataset.categoryIds.slice(0, 1) }
  const found = perfect(dataset).filter(({ category_id }) => category_id === some.categoryIds[0])
  t.true(Math.abs(evaluateResults(some, { bbox: found }).bbox.AP - 1) < 1e-12)
  t.true(evaluateResults(dataset, { bbox: found }).bbox.AP < 0.7)
})

/** One box an image, scaled back as detectors do, and one place of padding. */
class CornerDetector extends Detector {
  loss(): Record<string, tf.Scalar> {
    throw new Error('CornerDetector cannot be trained')
  }

  predict({ scaleFactors }: PredictBatch): Detections {
    const count = scaleFactors.shape[0]
    const box = tf.div(tf.tensor2d([[2, 4, 10, 20]]), scaleFactors) // [n, 4]
    const boxes = tf.concat([tf.expandDims(box, 1), tf.zeros([count, 1, 4])], 1)
    return {
      boxesXyxy: boxes as tf.Tensor3D,
      scores: tf.tile(tf.tensor2d([[0.5, 0]]), [count, 1]),
      labels: tf.tile(tf.tensor2d([[2, -1]], [1, 2], 'int32'), [count, 1]),
    }
  }
}

/** Its one weight moves its box to the right, in pixels of the image. */
class ShiftedDetector extends CornerDetector {
  readonly shift = new Parameter([1], (shape) => new Float32Array(shape[0]))

  override predict(batch: PredictBatch): Detections {
    const detections = super.predict(batch)
    const right = tf.mul(this.shift.value, tf.tensor3d([[[1, 0, 1, 0]]])) // [1, 1, 4]
    return { ...detections, boxesXyxy: tf.add(detections.boxesXyxy, right) }
  }
}

const SMALL = { testScale: [96, 64], batchSize: 2, bucketStep: 64, workers: 0 } as const

for (const engine of ['onnxruntime', 'tfjs'] as const) {
  test(`weights are those of the detector when it is evaluated by ${engine}, and stay its own`, async (t) => {
    const dataset = await shapes(t)
    const detector = new ShiftedDetector()
    const options = { ...SMALL, dataset }
    const leftEdge = async () => {
      const { bbox } = await detectAll(detector, { ...options, compute: { engine } })
      return bbox[0].bbox[0]
    }
    detector.shift.data = Float32Array.of(0)
    t.is(await leftEdge(), 2)
    detector.shift.data = Float32Array.of(5)
    t.is(await leftEdge(), 7)
    detector.shift.data[0] = 6
    t.is(await leftEdge(), 8)
    t.deepEqual(detector.shift.data, Float32Array.of(6))
  })
}

test('a signal ends evaluation between two batches, with its reason', async (t) => {
  const abort = new AbortController()
  const done: number[] = []
  const onProgress = (images: number) => {
    done.push(images)
    abort.abort(new Error('enough'))
  }
  const options = { ...SMALL, dataset: await shapes(t), signal: abort.signal, onProgress }
  await t.throwsAsync(evaluate(new CornerDetector(), options), { message: 'enough' })
  t.deepEqual(done, [2], 'of three images')
})

test.serial('what evaluation brought to a backend is freed again', async (t) => {
  const dataset = await shapes(t)
  const options = { ...SMALL, dataset }
  const evaluateOnce = () =>
    detectAll(new ShiftedDetector(), { ...options, compute: { engine: 'tfjs' } })
  await evaluateOnce()
  const { numTensors } = tf.memory()
  await evaluateOnce()
  t.is(tf.memory().numTensors, numTensors)
})

test('labels become category ids, corners become sizes, and padding goes', async (t) => {
  const dataset = await shapes(t)
  const done: number[] = []
  const results = await detectAll(new CornerDetector(), {
    dataset,
    testScale: [192, 128], // twice the size
    batchSize: 2,
    bucketStep: 64,
    workers: 0,
    onProgress: (count) => done.push(count),
  })
  const expected = { category_id: 4, bbox: [1, 2, 4, 8], score: 0.5 }
  t.deepEqual(results, {
    bbox: [1, 2, 3].map((image_id) => ({ image_id, ...expected })) as BoxResult[],
  })
  t.deepEqual(done, [2, 3])
})
