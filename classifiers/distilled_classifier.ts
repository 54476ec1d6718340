import { atLambda } from '../nn/deep_training.js'
import { type ForwardOptions, Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { distillationLoss } from '../ops/distillation_loss.js'
import type { PixelStatistics } from '../ops/normalize_images.js'
import * as tf from '../tf/tf.js'
import type { Classification, Classifier, ClassifierBatch, ClassifyBatch } from './classifier.js'

export interface DistillationOptions {
  /** Has the classes of the student. */
  teacher: Classifier
  /** Deep-training lambda that the teacher was trained up to. @default 1 */
  teacherLambda?: number
  /** What the distillation loss is multiplied by. @default 1 */
  weight?: number
  /** What logits of both are divided by before the softmax. @default 1 */
  temperature?: number
}

/**
 * A classifier that learns from another one, too: what is trained. The teacher sees the student's
 * input, erased and mixed, as in an evaluation: with running statistics and without dropout.
 *
 * Parameters are the student's alone, so that no checkpoint, average or update has the teacher's. A
 * traced graph has those as constants.
 */
export class DistilledClassifier extends Module {
  private readonly weight: number
  private readonly temperature: number
  private readonly teacher: Classifier
  private readonly teacherLambda: number

  constructor(
    readonly student: Classifier,
    { teacher, teacherLambda = 1, weight = 1, temperature = 1 }: DistillationOptions,
  ) {
    super()
    this.teacher = teacher
    this.teacherLambda = teacherLambda
    this.weight = weight
    this.temperature = temperature
  }

  override namedParameters(): [name: string, parameter: Parameter][] {
    return this.student.namedParameters()
  }

  noiseShapes(batch: { images: readonly number[] }): Record<string, readonly number[]> {
    return this.student.noiseShapes(batch)
  }

  /** `loss_classify`, as of the student alone, and `loss_distill`. */
  loss(batch: ClassifierBatch, options: ForwardOptions = {}): Record<string, tf.Scalar> {
    const { input, targets } = this.student.learningInput(batch)
    const logits = this.student.rawOutputs(input, { ...options, noise: batch.noise })
    const taught = this.teacherLogits(input)
    const distilled = distillationLoss(logits, taught, this.temperature)
    return {
      loss_classify: this.student.lossOf(logits, targets),
      loss_distill: tf.mul(distilled, this.weight),
    }
  }

  override forward(batch: ClassifyBatch, options?: ForwardOptions): Classification {
    return this.student.predict(batch, options)
  }

  override dispose(): void {
    super.dispose()
    this.teacher.dispose()
  }

  private teacherLogits(input: tf.Tensor4D): tf.Tensor2D {
    const ownInput = renormalized(input, this.student.pixels, this.teacher.pixels)
    return this.teacher.rawOutputs(ownInput, atLambda(this.teacherLambda))
  }
}

/** Input of other pixel statistics: `(x std + mean - otherMean) / otherStd`. */
function renormalized(
  x: tf.Tensor4D,
  { mean, std }: PixelStatistics,
  other: PixelStatistics,
): tf.Tensor4D {
  const scales = std.map((value, c) => value / other.std[c])
  const shifts = mean.map((value, c) => (value - other.mean[c]) / other.std[c])
  if (scales.every((scale) => scale === 1) && shifts.every((shift) => shift === 0)) return x
  return tf.add(tf.mul(x, tf.tensor1d(scales)), tf.tensor1d(shifts)) as tf.Tensor4D
}
