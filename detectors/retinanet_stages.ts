import type { DenseHead } from '../heads/dense_head.js'
import { sceneObjects } from '../heads/scene/scene_objects.js'
import type * as tf from '../tf/tf.js'
import { paddedSizes } from './input_frames.js'
import type { PyramidDetector } from './pyramid_detector.js'
import type { Stages, TimedImages } from './stages.js'

/** RetinaNet, cut at what its head computes in all cells. */
export function retinaNetStages(
  detector: PyramidDetector & { readonly bbox_head: DenseHead },
  { size, batch, seed }: TimedImages,
): Stages {
  const { bbox_head } = detector
  const { numClasses, settings } = bbox_head
  return {
    network({ images, imageSizes }) {
      const input = { images: images as tf.Tensor4D, imageSizes: imageSizes as tf.Tensor2D }
      return bbox_head.forward(detector.features(input))
    },
    postprocess({ raw, frames }) {
      const { imageSizes, scaleFactors } = frames as Record<string, tf.Tensor2D>
      return bbox_head.predict(raw, {
        imageSizes,
        scaleFactors,
        paddedSizes: paddedSizes(imageSizes),
      })
    },
    rois: {},
    fixedOutputs(computed) {
      const objects = sceneObjects(size, numClasses, seed)
      return bbox_head.sceneOutputs(objects, computed, { batch, seed })
    },
    settings: { numClasses, ...settings },
  }
}
