import type { Classification, Classifier, ClassifyBatch } from '../classifiers/classifier.js'
import type { TestCropOptions } from '../datasets/classification/crop_options.js'
import { testInput } from '../datasets/classification/render_crops.js'
import { compile } from '../engine/compile.js'
import type { Compiled } from '../engine/compiled.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import { floats, type HostTensor } from '../host_tensor.js'
import { atLambda } from '../nn/deep_training.js'
import type * as tf from '../tf/tf.js'
import {
  type ActivationInputs,
  type ClassActivationInputs,
  classMask,
  compileClassActivation,
  compileMeanActivation,
  stretchActivation,
} from './activation_map.js'
import { bestClasses, type Prediction } from './classify.js'
import type { DecodedImage } from './image_detector.js'
import type { PredictOptions } from './predictor.js'
import { testPart } from './test_part.js'

/** A classifier that takes pictures of any size, one at a time, as an evaluation prepares them. */
export class ImageClassifier {
  private readonly predict: Compiled<ClassifyBatch, Classification>
  private readonly mean: Compiled<ActivationInputs, tf.Tensor>
  private readonly ofClass: Compiled<ClassActivationInputs, tf.Tensor>

  /** @param options `lambda`: as in `PredictOptions`. */
  constructor(
    private readonly model: Classifier,
    private readonly options: TestCropOptions & { compute?: ComputeOptions; lambda?: number },
  ) {
    const { compute, lambda } = options
    const graphs: PredictOptions = { ...compute, lambda, cacheSize: 1 }
    this.predict = compile((batch: ClassifyBatch) => model.predict(batch, atLambda(lambda ?? 1)), {
      ...compute,
      name: 'predict',
      cacheSize: 1,
    })
    this.mean = compileMeanActivation(model, graphs)
    this.ofClass = compileClassActivation(model, graphs)
  }

  /** The best classes, at most five. */
  async classify(image: DecodedImage): Promise<Prediction> {
    const { images } = this.inputOf(image)
    return bestClasses((await this.predict.run({ images })).scores.data)
  }

  /**
   * Where the backbone sees what speaks for a class: `[height, width]` of the picture, 0 to 1, 0
   * where the classifier does not look; see `compileClassActivation`.
   */
  async classActivation(image: DecodedImage, label: number): Promise<Float32Array> {
    const mask = classMask(label, this.model.numClasses)
    return this.stretched(
      await this.ofClass.run({ ...this.inputOf(image), classMask: mask }),
      image,
    )
  }

  /** Where the backbone answers at all, as `classActivation`; see `compileMeanActivation`. */
  async meanActivation(image: DecodedImage): Promise<Float32Array> {
    return this.stretched(await this.mean.run(this.inputOf(image)), image)
  }

  /** Frees the graphs. */
  async dispose(): Promise<void> {
    await Promise.all([this.predict, this.mean, this.ofClass].map((graph) => graph.dispose()))
  }

  private inputOf(image: DecodedImage): { images: HostTensor; imageSizes: HostTensor } {
    const { pixels, size } = testInput(image, this.options)
    return {
      images: { dtype: 'uint8', shape: [1, ...size, 3], data: pixels },
      imageSizes: floats(size, [1, 2]),
    }
  }

  private stretched(map: HostTensor, { size }: DecodedImage): Float32Array {
    const { imageSize } = this.options
    return stretchActivation(map, {
      inputSize: [imageSize, imageSize],
      stride: this.model.stride,
      imageSize: size,
      part: testPart(size, this.options),
    })
  }
}
