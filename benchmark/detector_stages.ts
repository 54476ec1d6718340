import type { Detector } from '../detectors/detector.js'
import { MaskRCNN } from '../detectors/mask_rcnn.js'
import { RetinaNet } from '../detectors/retinanet.js'
import { ConfigError } from '../errors.js'
import type { BenchmarkFrames } from './frames.js'
import { maskRcnnStages } from './mask_rcnn_stages.js'
import { retinaNetStages } from './retinanet_stages.js'
import type { Stages } from './stages.js'

/** @param seed of what is fixed. */
export function stagesOf(detector: Detector, frames: BenchmarkFrames, seed: number): Stages {
  // A Stages of certain trees is used with those trees only, which the type cannot tell.
  if (detector instanceof RetinaNet) {
    return retinaNetStages(detector, frames, seed) as unknown as Stages
  }
  if (detector instanceof MaskRCNN) {
    return maskRcnnStages(detector, frames, seed) as unknown as Stages
  }
  throw new ConfigError(
    'model.type',
    `is ${detector.constructor.name}, whose stages are not known here`,
    'time a RetinaNet or a MaskRCNN',
  )
}
