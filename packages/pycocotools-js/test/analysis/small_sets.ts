import fc from 'fast-check'
import { COCO, COCOeval } from '../../source/index.js'

/** A ground truth: image, class, box `x y width height`, and 1 for a crowd. */
export type GtRow = [image: number, category: number, bboxXywh: number[], iscrowd?: number]
/** A detection. */
export type DtRow = [image: number, category: number, bboxXywh: number[], score: number]

export interface SmallSet {
  gt: GtRow[]
  dt: DtRow[]
}

/**
 * Not evaluated yet. Images and classes are those of the rows; classes are called `c1`, `c2` ...
 */
export function smallSet({ gt, dt }: SmallSet): COCOeval {
  const imgIds = new Set([...gt, ...dt].map(([image]) => image))
  const catIds = new Set([...gt, ...dt].map(([, category]) => category))
  const groundTruth = new COCO({
    images: [...imgIds].map((id) => ({ id })),
    categories: [...catIds].map((id) => ({ id, name: `c${id}` })),
    annotations: gt.map(([image_id, category_id, bbox, iscrowd = 0], i) => ({
      ...{ id: i + 1, image_id, category_id, bbox, iscrowd },
      area: bbox[2] * bbox[3],
    })),
  })
  const results = dt.map(([image_id, category_id, bbox, score]) => ({
    ...{ image_id, category_id, bbox, score },
  }))
  const detected =
    results.length > 0
      ? groundTruth.loadRes(results)
      : new COCO({ ...groundTruth.dataset, annotations: [] })
  return new COCOeval(groundTruth, detected, 'bbox', { print: () => {} })
}

/** The same to be compared as masks: in images of 400 pixels, with a segmentation for each row. */
export function smallMaskSet(
  { gt, dt }: { gt: unknown[][]; dt: unknown[][] },
  segmentationOf: (shape: unknown) => unknown,
): COCOeval {
  const rows = [...gt, ...dt] as [image: number, category: number, ...unknown[]][]
  const images = [...new Set(rows.map(([image]) => image))]
  const categories = [...new Set(rows.map(([, category]) => category))]
  const sides = [gt, dt].map((side) => ({
    images: images.map((id) => ({ id, height: 400, width: 400 })),
    categories: categories.map((id) => ({ id, name: `c${id}` })),
    annotations: side.map(([image_id, category_id, shape, last], i) => ({
      ...{ id: i + 1, image_id: image_id as number, category_id: category_id as number },
      ...(side === gt ? { iscrowd: Number(last ?? 0) } : { score: Number(last) }),
      segmentation: segmentationOf(shape),
    })),
  }))
  return new COCOeval(new COCO(sides[0]), new COCO(sides[1]), 'segm', { print: () => {} })
}

/** A box as a polygon. */
export function rectangle([x, y, width, height]: number[]): number[][] {
  return [[x, y, x + width, y, x + width, y + height, x, y + height]]
}

/** Evaluated, accumulated and summarized. */
export function evaluated(set: SmallSet, change?: (evaluation: COCOeval) => void): COCOeval {
  const evaluation = smallSet(set)
  change?.(evaluation)
  evaluation.evaluate()
  evaluation.accumulate()
  evaluation.summarize()
  return evaluation
}

const boxXywh = fc
  .tuple(
    ...[0, 0].map(() => fc.integer({ min: 0, max: 6 })),
    fc.constantFrom(2, 3, 4),
    fc.constantFrom(2, 4),
  )
  .map((values) => values.map((value) => 10 * value))

/**
 * Sets of a few images and classes on a coarse grid, so that overlaps, ties in IoU and ties in
 * score are many.
 */
export const anySmallSet: fc.Arbitrary<SmallSet> = fc.record({
  gt: fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      boxXywh,
      fc.constantFrom(0, 0, 0, 1),
    ),
    { minLength: 1, maxLength: 10 },
  ),
  dt: fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      boxXywh,
      fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10),
    ),
    { maxLength: 15 },
  ),
})
