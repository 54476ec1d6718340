/** Needs coco128 at ../shared/data; reports it, and leaves its tests out, where it is missing. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { loadCoco } from '../datasets/index.js'
import { COCO, COCOeval } from '../packages/pycocotools-js/source/index.js'
import { jitteredBoxes, jitteredMasks } from './helpers/jittered_detections.js'

const ANNOTATIONS = new URL(
  '../../shared/data/coco128/annotations/instances_train2017.json',
  import.meta.url,
)

interface Expected {
  /** SHA-256 of the detections' JSON. */
  detections: string
  stats: number[]
}
const expected = JSON.parse(
  readFileSync(new URL('fixtures/coco128_eval.json', import.meta.url), 'utf8'),
) as Record<'bbox' | 'segm', Expected>

const isHere = existsSync(ANNOTATIONS)

test('the numbers of pycocotools that coco128 is held to are whole', (t) => {
  if (!isHere) t.log('skipped all else: there is no coco128 at ../shared/data')
  for (const { detections, stats } of [expected.bbox, expected.segm]) {
    t.regex(detections, /^[0-9a-f]{64}$/)
    t.is(stats.length, 12)
    t.true(stats.every((value) => value > 0 && value <= 1))
  }
})

const kinds = [
  ['bbox', jitteredBoxes],
  ['segm', jitteredMasks],
] as const

for (const [iouType, jitter] of isHere ? kinds : []) {
  test(`on jittered ground truth of coco128, the twelve numbers are those of pycocotools: ${iouType}`, async (t) => {
    const groundTruth = await COCO.load(ANNOTATIONS)
    const detections = jitter(groundTruth)
    const digest = createHash('sha256').update(JSON.stringify(detections)).digest('hex')
    t.is(digest, expected[iouType].detections, 'run make_coco128_eval.py again')

    const evaluation = new COCOeval(groundTruth, groundTruth.loadRes(detections), iouType, {
      print: () => {},
    })
    evaluation.evaluate()
    evaluation.accumulate()
    t.deepEqual(evaluation.summarize(), expected[iouType].stats)
  })
}

/** SHA-256 over all samples, computed before annotations were read in columns. */
const SAMPLES = {
  train: 'd803503ba06d0d2e5b269a7af151ad1985e9b20712727a8731a4caacc37ceb57',
  test: '60abf4820716c687faabcbc80b7367016713a3a7c42b724815c2aae545e5a52f',
}

for (const mode of isHere ? (['train', 'test'] as const) : []) {
  test(`the samples of coco128 are what they were, bit for bit: ${mode}`, async (t) => {
    const imageDir = 'data/coco128/train2017'
    const { samples } = await loadCoco({ annFile: fileURLToPath(ANNOTATIONS), imageDir, mode })
    const digest = createHash('sha256')
    for (const sample of samples) {
      const { imageId, file, size, labels, boxesXyxy, crowdBoxesXyxy } = sample
      const ids = Array.from(labels.keys(), (object) => sample.annotationId(object))
      const numbers = [[...labels], [...boxesXyxy], [...crowdBoxesXyxy], ids]
      digest.update(JSON.stringify([imageId, file, size, ...numbers]))
    }
    t.is(digest.digest('hex'), SAMPLES[mode])
  })
}
