import type { Classification, Classifier, ClassifyBatch } from '../classifiers/classifier.js'
import { testInput } from '../datasets/classification/render_crops.js'
import { ConfigError } from '../errors.js'
import { bestClasses } from '../evaluation/classify.js'
import { type HostTensor, sizeOf } from '../host_tensor.js'
import { Random } from '../random/random.js'
import type { Course, RunTimes, TimedModel } from './candidate.js'
import type { BenchmarkFrames } from './frames.js'
import { LoadedGraph } from './loaded_graph.js'

/** A classifier that is ready to be timed. Its weights are held by ONNX Runtime alone. */
export class ClassifierCandidate implements TimedModel {
  private constructor(
    readonly loadMs: number,
    private readonly preprocess: () => HostTensor,
    private readonly network: LoadedGraph<ClassifyBatch, Classification>,
  ) {}

  static load(model: Classifier, { frames, seed, compute }: Course): ClassifierCandidate {
    const preprocess = makeCrops(frames, seed)
    const network = LoadedGraph.load<ClassifyBatch, Classification>(
      'network',
      (batch) => model.predict(batch),
      { images: preprocess() },
      { compute, outputs: 'host' },
    )
    return new ClassifierCandidate(network.loadMs, preprocess, network)
  }

  /** One batch, from decoded pictures to the best classes, of which `found` are counted. */
  async run(): Promise<{ times: RunTimes; found: number }> {
    const startedAt = performance.now()
    const images = this.preprocess()
    const preparedAt = performance.now()
    await this.network.run({ images })
    const computedAt = performance.now()
    const { shape, data } = this.network.outputs.scores as HostTensor
    const [count, numClasses] = shape
    let found = 0
    for (let i = 0; i < count; i++) {
      found += bestClasses(data.subarray(i * numClasses, (i + 1) * numClasses)).labels.length
    }
    const endedAt = performance.now()
    const times = {
      preprocess: preparedAt - startedAt,
      network: computedAt - preparedAt,
      postprocess: endedAt - computedAt,
      total: endedAt - startedAt,
    }
    return { times, found }
  }

  dispose(): void {
    this.network.dispose()
  }
}

/**
 * Draws decoded pictures; each call of the result cuts them into a new batch, as an evaluation
 * does.
 */
function makeCrops(
  { originalSize, inputSize, batch }: BenchmarkFrames,
  seed: number,
): () => HostTensor {
  const [height, width] = inputSize
  if (height !== width) {
    const what = `is ${height} x ${width}, but the pictures of a classifier are squares`
    throw new ConfigError('the shape', what, 'give two equal sides')
  }
  const random = new Random(seed, 'benchmark', 'images')
  const pictures = Array.from({ length: batch }, () => ({
    pixels: Uint8Array.from({ length: sizeOf(originalSize) * 3 }, () => random.integer(256)),
    size: originalSize,
  }))
  const bytes = height * width * 3
  return () => {
    const data = new Uint8Array(batch * bytes)
    for (const [i, picture] of pictures.entries()) {
      data.set(testInput(picture, { imageSize: height }).pixels, i * bytes)
    }
    return { dtype: 'uint8', shape: [batch, height, width, 3], data }
  }
}
