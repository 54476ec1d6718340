import test from 'ava'
import { drawMasks } from '../../datasets/batch_masks.js'
import {
  type BatchPlan,
  type CocoId,
  loadCoco,
  placeImage,
  planBatch,
  type Sample,
} from '../../datasets/index.js'
import { maskRequest } from '../../datasets/mask_request.js'
import { mask, segmentationOf } from '../../packages/pycocotools-js/source/index.js'
import { cat, oneCat, temporaryFolder, writeAnnotations } from './coco_folder.js'

const runs = { size: [48, 64], counts: [5 * 48 + 3, 10, 38, 12, 36, 7, 48 * 64 - 346] }
const compressed = mask.frPyObjects(runs as { size: [number, number]; counts: number[] }, 48, 64)
/** Each form, of whole numbers and of others. */
const segmentations = [
  [
    [2, 2, 12, 2, 12, 9, 2, 9],
    [20, 12, 31, 12, 31, 22],
  ],
  [[10.5, 20.25, 30, 21, 12, 28.75]],
  runs,
  compressed,
]

function planOf(samples: readonly Sample[]): BatchPlan {
  return planBatch(
    samples.map((sample) => placeImage(sample, { scale: [100, 75], flip: true })),
    32,
  )
}

/** The objects of one image, as columns keep them. */
async function planOfFile(t: Parameters<typeof temporaryFolder>[0]): Promise<BatchPlan> {
  const annotations = segmentations.map((segmentation, i) => cat({ id: 10 + i, segmentation }))
  const annFile = await writeAnnotations(await temporaryFolder(t), oneCat({ annotations }))
  const { samples } = await loadCoco({ annFile, imageDir: '.', mode: 'train', masks: true })
  return planOf(samples)
}

function sampleOf(segmentation: unknown, annotationId: CocoId): Sample {
  return {
    imageId: 1,
    file: 'a.png',
    size: [48, 64],
    boxesXyxy: Float32Array.of(1, 1, 60, 40),
    labels: Int32Array.of(0),
    segmentation: () => segmentationOf(segmentation),
    annotationId: () => annotationId,
    crowdBoxesXyxy: new Float32Array(0),
  }
}

/** All arrays of numbers in a request. */
function viewsIn(value: unknown): ArrayBufferView[] {
  if (ArrayBuffer.isView(value)) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(viewsIn)
}

test('a request has what the annotations have, and takes no other memory along', async (t) => {
  const plan = await planOfFile(t)
  const request = maskRequest(plan)
  const [{ sample }] = plan.images
  t.deepEqual(
    request.images[0].objects,
    segmentations.map((_, i) => ({
      annotationId: 10 + i,
      segmentation: sample.segmentation(i),
    })),
  )
  const views = viewsIn(request)
  t.is(views.length, 5)
  t.true(viewsIn(sample.segmentation(0)).every((view) => view.buffer.byteLength > 1e5))
  for (const { buffer, byteLength } of views) t.is(buffer.byteLength, byteLength)
})

test('a request that was sent draws the same masks', async (t) => {
  const request = maskRequest(await planOfFile(t))
  const masks = drawMasks(request)
  t.true(masks.cells.some((cell) => cell > 0))
  const sent = drawMasks(structuredClone(request))
  t.is(Buffer.compare(sent.cells, masks.cells), 0)
  t.deepEqual(sent.framesXyxy, masks.framesXyxy)
})

test('a mask that cannot be drawn is one only when it is drawn, sent or not', (t) => {
  const unusable: [segmentation: unknown, annotationId: CocoId][] = [
    [undefined, 7],
    [[], 'text'],
    [[null], 8],
    [[[1, 2, '3', 4, 5, 6]], 9],
    [[[1, 2, null, 4, 5, 6]], 10],
    [{ size: ['48', 64], counts: [1] }, 11],
    [{ size: [48, 64], counts: [3071, null] }, 12],
  ]
  for (const [segmentation, annotationId] of unusable) {
    const request = maskRequest(planOf([sampleOf(segmentation, annotationId)]))
    const message = t.throws(() => drawMasks(request))?.message
    t.regex(message ?? '', new RegExp(`^a.png: annotation ${annotationId} has `))
    t.throws(() => drawMasks(structuredClone(request)), { message })
  }
})
