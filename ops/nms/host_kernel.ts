import * as tf from '../../tf/tf.js'

/** Name under which `runKernel` finds it; a tracing backend lowers it to operations of its own. */
export const NMS_KERNEL = 'MulticlassNonMaxSuppression'

export interface NmsAttributes {
  /** Boxes kept of one class at most. */
  maxOutputPerClass: number
  /** A box is dropped if its IoU with a kept box of its class is greater than this. */
  iouThreshold: number
  /** A box is a candidate for a class if its score is greater than this. */
  scoreThreshold: number
  /** Boxes kept of one image at most, over all classes. */
  maxOutput: number
}

/**
 * Registers non-maximum suppression, run on the host, for one more backend with synchronous reads.
 *
 * The kernel has inputs `boxes` (two opposite corners) `[n, b, 4]`, shared by all classes, or
 * `[n, c, b, 4]`, of each class, and `scores` `[n, c, b]`, and the result `[n, maxOutput, 2]`
 * int32: class and box by descending score, then by class, then by box, with rows of -1 behind. IoU
 * is computed in float32.
 */
export function registerNmsKernel(backendName: string): void {
  tf.registerKernel({
    kernelName: NMS_KERNEL,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { boxes, scores } = inputs as { boxes: tf.TensorInfo; scores: tf.TensorInfo }
      const attributes = attrs as unknown as NmsAttributes
      const storage = backend as tf.KernelBackend
      const selected = selectBoxes(
        classwise(storage.readSync(boxes.dataId) as Float32Array, boxes.shape),
        storage.readSync(scores.dataId) as Float32Array,
        scores.shape as [number, number, number],
        attributes,
      )
      const shape = [scores.shape[0], attributes.maxOutput, 2]
      return { dataId: storage.write(selected, shape, 'int32') as tf.DataId, shape, dtype: 'int32' }
    },
  })
}

interface Candidate {
  label: number
  box: number
  score: number
}

/** The boxes `[b, 4]` of a class of an image. */
type BoxesOfClass = (image: number, label: number) => Float32Array

/** Finds boxes in `[n, b, 4]`, where all classes have the same, or in `[n, c, b, 4]`. */
function classwise(boxes: Float32Array, shape: number[]): BoxesOfClass {
  const tables = shape.length === 4 ? shape[1] : 1 // of an image
  const size = shape[shape.length - 2] * 4
  return (image, label) => {
    const from = (image * tables + (tables === 1 ? 0 : label)) * size
    return boxes.subarray(from, from + size)
  }
}

/** Class and box of what is kept of each image: `[n, maxOutput, 2]`, padded with -1. */
function selectBoxes(
  boxes: BoxesOfClass,
  scores: Float32Array,
  [imageCount, classCount, boxCount]: [number, number, number],
  { maxOutputPerClass, iouThreshold, scoreThreshold, maxOutput }: NmsAttributes,
): Int32Array {
  const selected = new Int32Array(imageCount * maxOutput * 2).fill(-1)
  for (let image = 0; image < imageCount; image++) {
    const kept: Candidate[] = []
    for (let label = 0; label < classCount; label++) {
      const from = (image * classCount + label) * boxCount
      const candidates = candidatesOf(label, scores.subarray(from, from + boxCount), scoreThreshold)
      kept.push(...suppress(candidates, boxes(image, label), maxOutputPerClass, iouThreshold))
    }
    kept.sort(byDescendingScore) // stable: equal scores stay in the order of their classes
    for (const [row, { label, box }] of kept.slice(0, maxOutput).entries()) {
      selected.set([label, box], (image * maxOutput + row) * 2)
    }
  }
  return selected
}

function candidatesOf(label: number, scores: Float32Array, scoreThreshold: number): Candidate[] {
  const threshold = Math.fround(scoreThreshold)
  const candidates: Candidate[] = []
  for (let box = 0; box < scores.length; box++) {
    if (scores[box] > threshold) candidates.push({ label, box, score: scores[box] })
  }
  return candidates
}

function byDescendingScore(first: Candidate, second: Candidate): number {
  return second.score - first.score
}

/** Visits candidates by descending score and keeps those that no kept one overlaps too much. */
function suppress(
  candidates: Candidate[],
  boxes: Float32Array,
  maxOutput: number,
  iouThreshold: number,
): Candidate[] {
  const kept: Candidate[] = []
  for (const candidate of candidates.sort(byDescendingScore)) {
    if (kept.length === maxOutput) break
    const isFree = kept.every(({ box }) => !overlapsMore(boxes, box, candidate.box, iouThreshold))
    if (isFree) kept.push(candidate)
  }
  return kept
}

/** True if the IoU of two boxes, rounded to float32 at every step, is greater than `threshold`. */
function overlapsMore(boxes: Float32Array, a: number, b: number, threshold: number): boolean {
  const { fround, min, max } = Math
  const side = (box: number, axis: number) => {
    const [p, q] = [boxes[4 * box + axis], boxes[4 * box + axis + 2]]
    return { from: min(p, q), to: max(p, q) }
  }
  const [ax, ay, bx, by] = [side(a, 0), side(a, 1), side(b, 0), side(b, 1)]
  const width = max(0, fround(min(ax.to, bx.to) - max(ax.from, bx.from)))
  const height = max(0, fround(min(ay.to, by.to) - max(ay.from, by.from)))
  const overlap = fround(width * height)
  if (overlap === 0) return false
  const areaA = fround(fround(ax.to - ax.from) * fround(ay.to - ay.from))
  const areaB = fround(fround(bx.to - bx.from) * fround(by.to - by.from))
  const union = fround(fround(areaA + areaB) - overlap)
  return fround(overlap / union) > fround(threshold)
}
