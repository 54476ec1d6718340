import type * as tf from '@tensorflow/tfjs'
import { paddedSizes } from '../detectors/input_frames.js'
import type { RetinaNet } from '../detectors/retinanet.js'
import { normalizeImages } from '../ops/normalize_images.js'
import { anchorOutputs } from './anchor_outputs.js'
import type { BenchmarkFrames } from './frames.js'
import { repeatImages, sizesOf } from './repeat_images.js'
import { sceneObjects } from './scene.js'
import type { Stages } from './stages.js'

/** Anchors that see an object: nine stand in each cell. */
const ANCHORS_PER_OBJECT = 12

type Raw = { classLogits: tf.Tensor[]; boxDeltas: tf.Tensor[] }

/** RetinaNet, cut at the logits and deltas of all anchors. */
export function retinaNetStages(
  { backbone, neck, bbox_head, pixels }: RetinaNet,
  { size, batch }: BenchmarkFrames,
  seed: number,
): Stages<Record<string, never>, Raw> {
  const { numClasses, anchors, test } = bbox_head
  return {
    network({ images, imageSizes }) {
      const input = normalizeImages(images as tf.Tensor4D, imageSizes as tf.Tensor2D, pixels)
      return { ...bbox_head.forward(neck.forward(backbone.forward(input))) }
    },
    postprocess({ raw, frames }) {
      const { imageSizes, scaleFactors } = frames as Record<string, tf.Tensor2D>
      const { classLogits, boxDeltas } = raw as Record<string, tf.Tensor4D[]>
      return bbox_head.predict(
        { classLogits, boxDeltas },
        { imageSizes, scaleFactors, paddedSizes: paddedSizes(imageSizes) },
      )
    },
    rois: {},
    fixedOutputs({ classLogits, boxDeltas }) {
      const { logits, deltas } = anchorOutputs(sceneObjects(size, numClasses, seed), {
        featureSizes: sizesOf(classLogits),
        anchors,
        numClasses,
        anchorsPerObject: ANCHORS_PER_OBJECT,
        seed,
      })
      return {
        classLogits: classLogits.map(({ shape }, i) => repeatImages(logits[i], batch, shape)),
        boxDeltas: boxDeltas.map(({ shape }, i) => repeatImages(deltas[i], batch, shape)),
      }
    },
    settings: { numClasses, anchors, test },
  }
}
