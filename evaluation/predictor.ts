import type { Detections, Detector, PredictBatch } from '../detectors/detector.js'
import { compile } from '../engine/compile.js'
import type { Compiled, CompileOptions } from '../engine/compiled.js'
import { floats, type HostTensor } from '../host_tensor.js'
import { atLambda } from '../nn/deep_training.js'

export interface PredictOptions extends Omit<CompileOptions, 'name'> {
  /**
   * Deep-training lambda that the weights were trained up to: `metadata.lambda` of their
   * checkpoint. @default 1
   */
  lambda?: number
}

/**
 * A detector ready to run, with its weights as constants of the graph, which ONNX Runtime packs and
 * fuses once: the fastest form, but each size of batch has its own copy of them. Later changes of
 * the detector's weights are not seen.
 */
export function compilePredict(
  detector: Detector,
  { lambda = 1, ...options }: PredictOptions = {},
): Compiled<PredictBatch, Detections> {
  return compile((batch: PredictBatch) => ({ ...detector.predict(batch, atLambda(lambda)) }), {
    name: 'predict',
    ...options,
  })
}

/**
 * What a batch needs beside its images when they fill their input to the edge: boxes then are in
 * its pixels.
 *
 * @param shape of the images, `[n, h, w, ...]`.
 */
export function wholeFrames([count, height, width]: readonly number[]): {
  imageSizes: HostTensor
  scaleFactors: HostTensor
} {
  const repeated = (row: readonly number[]) => Array.from({ length: count }, () => row).flat()
  return {
    imageSizes: floats(repeated([height, width]), [count, 2]),
    scaleFactors: floats(repeated([1, 1, 1, 1]), [count, 4]),
  }
}
