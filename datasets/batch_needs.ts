import type { Augmentation } from './augment.js'
import { resizedSize, roundUp } from './resize.js'
import type { Sample } from './sample.js'
import { aspectGroup } from './sampler.js'
import type { InputShape, SharedShape } from './shape_plan.js'

export interface NeedsOptions extends Pick<Augmentation, 'scales'> {
  batchSize: number
  /** Sides are rounded up to multiples of it. */
  bucketStep: number
}

/**
 * Which shapes the batches of training need: how often each is expected, and the largest of all.
 *
 * Computed, not sampled. A batch needs the largest height, width and number of objects of its
 * images, so that it fits where each of them fits: with probability F^n, F being the part of all
 * images and scales that fit.
 */
export function trainingNeeds(
  samples: readonly Pick<Sample, 'size' | 'labels'>[],
  options: NeedsOptions,
): { needs: SharedShape[]; largest: InputShape[] } {
  const groups = ([0, 1] as const)
    .map((group) => samples.filter(({ size }) => aspectGroup(size) === group))
    .filter((group) => group.length > 0)
  const batches = groups.map((group) => Math.ceil(group.length / options.batchSize))
  const total = batches.reduce((sum, count) => sum + count, 0)
  const counted = groups.map((group) => new ImageCounts(group, options))
  return {
    needs: counted.flatMap((counts, i) => counts.needs(options.batchSize, batches[i] / total)),
    largest: counted.map((counts) => counts.largest()),
  }
}

/**
 * Which sizes the batches of an evaluation need: counted, as they are always the same. Places for
 * objects are not, as detecting takes none.
 *
 * @param sizes `[height, width]` of each batch, padded.
 */
export function evaluationNeeds(sizes: readonly (readonly [number, number])[]): {
  needs: SharedShape[]
  largest: InputShape[]
} {
  const counts = new Map<string, { size: [number, number]; count: number }>()
  for (const [height, width] of sizes) {
    const key = `${height}x${width}`
    const found = counts.get(key)
    if (found) found.count++
    else counts.set(key, { size: [height, width], count: 1 })
  }
  const alike = [...counts.values()]
  const groups = ([0, 1] as const)
    .map((group) => alike.filter(({ size }) => aspectGroup(size) === group))
    .filter((group) => group.length > 0)
  return {
    needs: alike.map(({ size, count }) => ({ size, slots: 0, share: count / sizes.length })),
    largest: groups.map((group) => ({
      size: [
        Math.max(...group.map(({ size }) => size[0])),
        Math.max(...group.map(({ size }) => size[1])),
      ],
      slots: 0,
    })),
  }
}

/** How many images of a group, each at every scale, need each shape. */
class ImageCounts {
  private readonly heights: number[]
  private readonly widths: number[]
  private readonly slots: number[]
  /** `[heights, widths, slots]`. */
  private readonly counts: Float64Array

  constructor(
    samples: readonly Pick<Sample, 'size' | 'labels'>[],
    { scales, bucketStep }: NeedsOptions,
  ) {
    this.slots = slotSteps(samples.reduce((most, { labels }) => Math.max(most, labels.length), 0))
    const alike = new Map<string, { shape: InputShape; count: number }>()
    for (const { size, labels } of samples) {
      const slots = this.slots.find((slots) => slots >= labels.length)!
      const key = `${size} ${slots}`
      const found = alike.get(key)
      if (found) found.count++
      else alike.set(key, { shape: { size, slots }, count: 1 })
    }
    const images = [...alike.values()].flatMap(({ shape: { size, slots }, count }) =>
      scales.map((scale) => {
        const [height, width] = resizedSize(size, scale)
        return {
          height: roundUp(height, bucketStep),
          width: roundUp(width, bucketStep),
          slots,
          count,
        }
      }),
    )
    this.heights = ascending(images.map(({ height }) => height))
    this.widths = ascending(images.map(({ width }) => width))
    this.counts = new Float64Array(this.heights.length * this.widths.length * this.slots.length)
    const [rows, columns, places] = [this.heights, this.widths, this.slots].map(
      (values) => new Map(values.map((value, i) => [value, i])),
    )
    for (const { height, width, slots, count } of images) {
      this.counts[this.cell(rows.get(height)!, columns.get(width)!, places.get(slots)!)] += count
    }
  }

  /** Needs of batches of `batchSize` images, `share` being that of all of them. */
  needs(batchSize: number, share: number): SharedShape[] {
    const fitting = this.counts.slice()
    this.alongEachAxis((i, before) => {
      fitting[i] += fitting[before]
    })
    const all = fitting[fitting.length - 1]
    const probabilities = fitting.map((count) => power(count / all, batchSize))
    this.alongEachAxis((i, before) => {
      probabilities[i] -= probabilities[before]
    }, -1)
    return this.shapes()
      .map((shape, i) => ({ ...shape, share: share * probabilities[i] }))
      .filter(({ share }) => share > 1e-12) // less is what rounding leaves
  }

  largest(): InputShape {
    return this.shapes().at(-1)!
  }

  private shapes(): InputShape[] {
    return this.heights.flatMap((height) =>
      this.widths.flatMap((width) =>
        this.slots.map((slots): InputShape => ({ size: [height, width], slots })),
      ),
    )
  }

  private cell(row: number, column: number, place: number): number {
    return (row * this.widths.length + column) * this.slots.length + place
  }

  /**
   * Calls for each cell and the one before it along each axis in turn; `order` -1: the last cells
   * first.
   */
  private alongEachAxis(call: (cell: number, before: number) => void, order: 1 | -1 = 1): void {
    const { counts, widths, slots } = this
    const axes = [
      { length: this.heights.length, stride: widths.length * slots.length },
      { length: widths.length, stride: slots.length },
      { length: slots.length, stride: 1 },
    ]
    for (const { length, stride } of axes) {
      for (let n = 0; n < counts.length; n++) {
        const cell = order === 1 ? n : counts.length - 1 - n
        if (Math.floor(cell / stride) % length > 0) call(cell, cell - stride)
      }
    }
  }
}

/** Numbers of slots to choose from: 8, 16, 32, ... and, in eights, what the fullest image needs. */
function slotSteps(most: number): number[] {
  const last = Math.max(8, Math.ceil(most / 8) * 8)
  const steps: number[] = []
  for (let slots = 8; slots < last; slots *= 2) steps.push(slots)
  return [...steps, last]
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}

/** `base ** exponent` by products, whose roundings are the same everywhere. */
function power(base: number, exponent: number): number {
  let product = 1
  for (let i = 0; i < exponent; i++) product *= base
  return product
}
