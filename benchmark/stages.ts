import type { Detector } from '../detectors/detector.js'
import { isPyramidDetector } from '../detectors/pyramid_detector.js'
import type { Stages } from '../detectors/stages.js'
import { ConfigError } from '../errors.js'
import type { BenchmarkFrames } from './frames.js'

/** @param seed of what is fixed. */
export function stagesOf(
  detector: Detector,
  { size, batch }: BenchmarkFrames,
  seed: number,
): Stages {
  if (isPyramidDetector(detector)) return detector.stages({ size, batch, seed })
  throw new ConfigError(
    'the model',
    `is ${detector.constructor.name}, whose stages are not known here`,
    'time a RetinaNet or a MaskRCNN',
  )
}
