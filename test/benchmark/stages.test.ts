/** A detector that is cut in two finds what the whole one finds. */

import test, { type ExecutionContext } from 'ava'
import { benchmarkFrames, makePreprocess } from '../../benchmark/frames.js'
import { stagesOf } from '../../benchmark/stages.js'
import type { Detections } from '../../detectors/index.js'
import { maskRcnnStages } from '../../detectors/mask_rcnn_stages.js'
import { retinaNetStages } from '../../detectors/retinanet_stages.js'
import { mapTree, type TensorTree, toHost, toTensor } from '../../engine/index.js'
import { isHostTensor } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'
import { smallMaskRcnn } from '../deploy/small_mask_rcnn.js'
import { smallRetinaNet } from '../deploy/small_retinanet.js'
import { assertClose } from '../helpers/assert_close.js'

const frames = benchmarkFrames([64, 96], 1)
const images = toTensor(makePreprocess(frames, 0)()) as tf.Tensor4D
const imageSizes = toTensor(frames.imageSizes) as tf.Tensor2D
const scaleFactors = toTensor(frames.scaleFactors) as tf.Tensor2D

function equals(t: ExecutionContext, actual: Detections, expected: Detections): void {
  t.true(Math.max(...expected.scores.dataSync()) > 0.05, 'something is found')
  assertClose(t, actual.scores, expected.scores, 1e-6)
  t.deepEqual(actual.labels.dataSync(), expected.labels.dataSync())
  assertClose(t, actual.boxesXyxy, expected.boxesXyxy, 1e-3)
  if (expected.masks) assertClose(t, actual.masks as tf.Tensor, expected.masks, 1e-5)
}

test('RetinaNet', async (t) => {
  const detector = await smallRetinaNet()
  const stages = retinaNetStages(detector, { ...frames, seed: 0 })
  const raw = stages.network({ images, imageSizes, rois: {} })
  const found = stages.postprocess({ raw, rois: {}, frames: { imageSizes, scaleFactors } })
  equals(t, found, detector.predict({ images, imageSizes, scaleFactors }))
})

test('Mask R-CNN, where it looks at RoIs that it found itself', async (t) => {
  const detector = await smallMaskRcnn()
  const stages = maskRcnnStages(detector, { ...frames, seed: 0 })
  const rois = mapTree(stages.rois, isHostTensor, toTensor) as Record<
    'proposals' | 'boxes' | 'labels',
    tf.Tensor
  >
  const both = (given: typeof rois) => {
    const raw = stages.network({ images, imageSizes, rois: given })
    return stages.postprocess({ raw, rois: given, frames: { imageSizes, scaleFactors } })
  }
  const { proposals } = both(rois)
  const first = both({ ...rois, proposals })
  const boxes = tf.mul(first.boxesXyxy, tf.expandDims(scaleFactors, 1))
  const last = both({ proposals, boxes, labels: first.labels })
  equals(t, last, detector.predict({ images, imageSizes, scaleFactors }))
})

test('the RoIs of Mask R-CNN are of all levels', async (t) => {
  const { rois } = maskRcnnStages(await smallMaskRcnn(), {
    ...benchmarkFrames([800, 1280], 2),
    seed: 0,
  })
  t.deepEqual(rois.proposals.shape, [2, 30, 4])
  t.deepEqual(rois.boxes.shape, [2, 12, 4])
  t.deepEqual(rois.labels.shape, [2, 12])
  const levels = Array.from({ length: 30 }, (_, i) => {
    const [x1, y1, x2, y2] = rois.proposals.data.subarray(4 * i)
    return Math.floor(Math.log2(Math.sqrt((x2 - x1) * (y2 - y1)) / 56))
  })
  for (const level of [0, 1, 2]) t.true(levels.includes(level), `${level} in ${levels}`)
})

test('fixed outputs depend on the seed and the heads, not on what was computed', async (t) => {
  const fixed = async (seed: number, factor: number) => {
    const stages = stagesOf(await smallMaskRcnn(), frames, seed)
    const inputs = { images, imageSizes, rois: mapTree(stages.rois, isHostTensor, toTensor) }
    const computed = stages.network(inputs as Parameters<typeof stages.network>[0])
    const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor
    const host = mapTree(computed as TensorTree, isTensor, (x) => toHost(tf.mul(x, factor)))
    return stages.fixedOutputs(host as Parameters<typeof stages.fixedOutputs>[0])
  }
  t.deepEqual(await fixed(1, 1), await fixed(1, 5))
  t.notDeepEqual(await fixed(1, 1), await fixed(2, 1))
})
