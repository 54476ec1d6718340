import type { Random } from '../random/random.js'
import { type PlacedImage, scaleFactor } from './placed_image.js'
import { resizedSize } from './resize.js'
import type { Sample } from './sample.js'

/**
 * One step of augmentation: an image with its objects comes to lie otherwise, by what `random`
 * gives. Every step draws as many numbers whatever it decides, so that those behind it are not
 * moved.
 */
export type Transform = (image: PlacedImage, random: Random) => PlacedImage

export interface Augmentation {
  /** Limits of the `[long, short]` side, input pixels; each image draws one of them. */
  scales: readonly (readonly [long: number, short: number])[]
  /** Probability of mirroring left and right. */
  flip: number
}

/** The transforms of training, in their order. */
export function trainTransforms({ scales, flip }: Augmentation): Transform[] {
  return [randomScale(scales), randomFlip(flip)]
}

/** Resizes to fit one of `scales`, each as likely. */
export function randomScale(scales: Augmentation['scales']): Transform {
  return (image, random) => resize(image, scales[random.integer(scales.length)])
}

/** Mirrors left and right, with this probability. */
export function randomFlip(probability: number): Transform {
  return (image, random) => (random.uniform() < probability ? mirror(image) : image)
}

/** How often another image is drawn in place of one that lost all its objects. */
const MAX_REDRAWS = 100

/**
 * Applies transforms in turn, and draws another image of the same group where they cost an image
 * all its objects.
 *
 * @param index image to start with, an index into `samples`.
 * @param draw `group`: the indices to redraw from; `random`: a stream of its own for each place in
 *   an epoch.
 */
export function augmentImage(
  samples: readonly Sample[],
  index: number,
  transforms: readonly Transform[],
  { group, random }: { group: readonly number[]; random: Random },
): PlacedImage {
  let sample = samples[index]
  for (let redraws = 0; ; redraws++) {
    const placed = transforms.reduce(
      (image, transform) => transform(image, random),
      asDecoded(sample),
    )
    const isUsable = placed.labels.length > 0 || sample.labels.length === 0
    if (isUsable || redraws === MAX_REDRAWS) return placed
    sample = samples[group[random.integer(group.length)]]
  }
}

/** Where an image and its objects come to lie: scaled to fit `scale`, then perhaps mirrored. */
export function placeImage(
  sample: Sample,
  { scale, flip }: { scale: readonly [number, number]; flip: boolean },
): PlacedImage {
  const resized = resize(asDecoded(sample), scale)
  return flip ? mirror(resized) : resized
}

/** An image as it is on disk. */
function asDecoded(sample: Sample): PlacedImage {
  const { size, boxesXyxy, labels } = sample
  const objects = Array.from(labels, (_, i) => i)
  return { sample, size, flip: false, boxesXyxy, labels, objects }
}

/**
 * Scales an image to fit `[long, short]`.
 *
 * Boxes are scaled by the factors of the rounded size and clipped to the image; one that is left
 * without width or height is dropped.
 *
 * Source: mmdetection 2.x's `Resize` (keep_ratio), in float32 as there.
 */
function resize(image: PlacedImage, scale: readonly [number, number]): PlacedImage {
  const size = resizedSize(image.size, scale)
  const [factorX, factorY] = scaleFactor(image.size, size).map(Math.fround)
  const [height, width] = size
  const clipX = (x: number) => Math.min(Math.max(Math.fround(x * factorX), 0), width)
  const clipY = (y: number) => Math.min(Math.max(Math.fround(y * factorY), 0), height)

  const boxes: number[] = []
  const kept: number[] = []
  for (let i = 0; i < image.labels.length; i++) {
    const [x1, y1, x2, y2] = image.boxesXyxy.subarray(i * 4, i * 4 + 4)
    const [left, top, right, bottom] = [clipX(x1), clipY(y1), clipX(x2), clipY(y2)]
    if (right <= left || bottom <= top) continue
    boxes.push(left, top, right, bottom)
    kept.push(i)
  }
  return {
    ...image,
    size,
    boxesXyxy: Float32Array.from(boxes),
    labels: Int32Array.from(kept, (i) => image.labels[i]),
    objects: kept.map((i) => image.objects[i]),
  }
}

/** Source: mmdetection 2.x's `RandomFlip`. */
function mirror(image: PlacedImage): PlacedImage {
  const width = image.size[1]
  const boxesXyxy = image.boxesXyxy.slice()
  for (let i = 0; i < boxesXyxy.length; i += 4) {
    boxesXyxy[i] = width - image.boxesXyxy[i + 2]
    boxesXyxy[i + 2] = width - image.boxesXyxy[i]
  }
  return { ...image, flip: !image.flip, boxesXyxy }
}
