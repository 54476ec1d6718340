import type { Detections, Detector, PredictBatch } from '../detectors/detector.js'
import type { Compiled } from '../engine/compiled.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import type * as tf from '../tf/tf.js'
import {
  type ActivationInputs,
  activationStride,
  type ClassActivationInputs,
  classMask,
  compileClassActivation,
  compileMeanActivation,
  stretchActivation,
} from './activation_map.js'
import { type BoxResult, cocoResults, type MaskResult } from './coco_results.js'
import { type InputScale, imageInput } from './image_input.js'
import { compilePredict } from './predictor.js'

/** An object in an image. */
export interface FoundObject extends Pick<BoxResult, 'bbox' | 'score'> {
  /** Index into the classes. */
  label: number
  segmentation?: MaskResult['segmentation']
}

/** A decoded image: `pixels` `[height, width, 3]` RGB, `size` `[height, width]`. */
export interface DecodedImage {
  pixels: Uint8Array
  size: readonly [number, number]
}

/** The graphs of a detector's activation maps, and the stride of their cells. */
interface Activations {
  stride: number
  mean: Compiled<ActivationInputs, tf.Tensor>
  ofClass: Compiled<ClassActivationInputs, tf.Tensor>
}

/** A detector that takes images of any size, one at a time, and answers in their own pixels. */
export class ImageDetector {
  private readonly scale: InputScale
  private readonly numClasses: number
  private readonly predict: Compiled<PredictBatch, Detections>
  private readonly makeActivations: () => Activations
  private made: Activations | undefined

  /** @param options `lambda`: as in `PredictOptions`. */
  constructor(
    detector: Detector,
    options: InputScale & { numClasses: number; compute?: ComputeOptions; lambda?: number },
  ) {
    const { testScale, bucketStep, numClasses, compute, lambda } = options
    this.scale = { testScale, bucketStep }
    this.numClasses = numClasses
    // Each size of input has its own graph with its own copy of the weights.
    const graphs = { ...compute, lambda, cacheSize: 4 }
    this.predict = compilePredict(detector, graphs)
    this.makeActivations = () => ({
      stride: activationStride(detector),
      mean: compileMeanActivation(detector, graphs),
      ofClass: compileClassActivation(detector, graphs),
    })
  }

  /** Made when they are first asked for, since not every detector has them. */
  private get activations(): Activations {
    this.made ??= this.makeActivations()
    return this.made
  }

  /** Objects that are found, by falling score. */
  async detect(image: DecodedImage): Promise<FoundObject[]> {
    const detections = await this.predict.run(imageInput(image.pixels, image.size, this.scale))
    const labels = Array.from({ length: this.numClasses }, (_, label) => label)
    const originalSizes = [[...image.size] as [number, number]]
    const { bbox, segm } = cocoResults(detections, { imageIds: [0], originalSizes }, labels)
    return bbox.map(({ category_id, bbox, score }, i) => ({
      label: category_id,
      bbox,
      score,
      ...(segm ? { segmentation: segm[i].segmentation } : {}),
    }))
  }

  /**
   * Where the backbone sees what speaks for a class: `[height, width]`, 0 to 1; see
   * `compileClassActivation`.
   */
  async classActivation(image: DecodedImage, label: number): Promise<Float32Array> {
    const { images, imageSizes } = imageInput(image.pixels, image.size, this.scale)
    const mask = classMask(label, this.numClasses)
    const map = await this.activations.ofClass.run({ images, imageSizes, classMask: mask })
    return stretchActivation(map, this.frameOf(imageSizes.data, image))
  }

  /** Where the backbone answers at all: `[height, width]`, 0 to 1; see `compileMeanActivation`. */
  async meanActivation(image: DecodedImage): Promise<Float32Array> {
    const { images, imageSizes } = imageInput(image.pixels, image.size, this.scale)
    const map = await this.activations.mean.run({ images, imageSizes })
    return stretchActivation(map, this.frameOf(imageSizes.data, image))
  }

  /** Frees the graphs. */
  async dispose(): Promise<void> {
    await Promise.all(
      [this.predict, this.made?.mean, this.made?.ofClass].map((graph) => graph?.dispose()),
    )
  }

  private frameOf(inputSize: ArrayLike<number>, { size }: DecodedImage) {
    const [height, width] = [inputSize[0], inputSize[1]]
    const { stride } = this.activations
    return { inputSize: [height, width] as const, stride, imageSize: size }
  }
}
