import { CocoError } from '../errors.js'
import { isId, showId } from '../ids.js'
import type { CocoAnnotation, CocoCategory, CocoImage, CocoResult, Id } from '../types.js'
import { warnOnce } from '../warn_once.js'
import { checkBox } from './check_annotation.js'

/** What results are checked against. */
export interface GroundTruthIndex {
  imgs: Map<Id, CocoImage>
  cats: Map<Id, CocoCategory>
}

/**
 * Turns box results into annotations, in place: `id` counts from 1 in file order, `area` is the box's,
 * `iscrowd` is 0, and `segmentation` is the box as a polygon where the entry has none.
 *
 * Source: `COCO.loadRes` of pycocotools 2.0.11.
 *
 * @param results a parsed results file. The first entry decides what kind of results they all are.
 * @param where the file, for errors.
 */
export function annotateResults(
  results: unknown,
  { imgs, cats }: GroundTruthIndex,
  where: string,
): CocoAnnotation[] {
  if (!Array.isArray(results))
    throw new CocoError(where, 'does not hold an array', 'results are an array of objects')
  for (const [i, result] of results.entries()) checkImage(result, i, imgs, where)
  checkKind(results[0], where)

  for (const [i, result] of (results as CocoResult[]).entries()) {
    checkBox(where, nameOf(result, i), result.bbox)
    const [x, y, width, height] = result.bbox as number[]
    checkCategory(result, i, cats, where)
    result.segmentation ??= [rectangle(x, y, x + width, y + height)]
    result.area = width * height
    result.id = i + 1
    result.iscrowd = 0
  }
  return results
}

function checkImage(
  result: unknown,
  i: number,
  imgs: GroundTruthIndex['imgs'],
  where: string,
): void {
  if (typeof result !== 'object' || result === null)
    throw new CocoError(where, `entry [${i}] is not an object`, 'results are an array of objects')
  const { image_id } = result as CocoResult
  if (image_id === undefined)
    throw new CocoError(where, `entry [${i}] has no image_id`, 'give every result one')
  if (!imgs.has(image_id))
    throw new CocoError(
      where,
      `entry [${i}] has image_id ${showId(image_id)}, which is not in the ground truth`,
      'evaluate results with the annotation file they were made for',
    )
}

function checkKind(first: CocoResult | undefined, where: string): void {
  if (first === undefined)
    throw new CocoError(
      where,
      'holds no results',
      'for a detector that found nothing, use new COCO({ ...groundTruth.dataset, annotations: [] })',
    )
  const isEmptyBox = Array.isArray(first.bbox) && first.bbox.length === 0
  if ('bbox' in first && !('caption' in first) && !isEmptyBox) return
  const kind = ['caption', 'segmentation', 'keypoints'].find((key) => key in first)
  if (kind === undefined)
    throw new CocoError(where, 'entry [0] has no bbox', 'give it [x, y, width, height]')
  throw new CocoError(
    where,
    `entry [0] is a ${kind} result, which is not supported yet`,
    'use bbox results',
  )
}

function checkCategory(
  result: CocoResult,
  i: number,
  cats: GroundTruthIndex['cats'],
  where: string,
): void {
  const { category_id } = result
  if (!isId(category_id))
    throw new CocoError(
      where,
      `${nameOf(result, i)} has no category_id`,
      'give every result a number or text',
    )
  if (cats.has(category_id)) return
  warnOnce(
    'unknown category',
    `${where}: ${nameOf(result, i)} has category_id ${showId(category_id)}, which is not in the ground truth; ` +
      'results of unknown categories are not counted, as in pycocotools',
  )
}

function rectangle(x1: number, y1: number, x2: number, y2: number): number[] {
  return [x1, y1, x1, y2, x2, y2, x2, y1]
}

function nameOf(result: CocoResult, i: number): string {
  return `entry [${i}] (image ${showId(result.image_id)})`
}
