import type { COCO } from '../coco.js'
import { CocoError } from '../errors.js'
import type { Params } from '../evaluate/params.js'
import { uniqueIds } from '../ids.js'
import type { Id } from '../types.js'

/** Two sides and the parameters they are compared under. A `COCOeval` is one, evaluated or not. */
export interface Comparison {
  readonly cocoGt: COCO
  readonly cocoDt: COCO
  readonly params: Params
}

/** A category as tables name it. */
export interface ClassName {
  id: Id
  /** Name of the ground truth; the id where it has none. */
  name: string
}

/** The images and categories of `params`, ascending and each once, as `evaluate()` leaves them. */
export interface Places {
  imgIds: Id[]
  classes: ClassName[]
}

/** @param where the call, for errors. */
export function placesOf({ cocoGt, params }: Comparison, where: string): Places {
  const { imgIds, catIds } = params
  const sorted = params.useCats ? uniqueIds(catIds, 'params.catIds') : catIds
  return {
    imgIds: uniqueIds(imgIds, 'params.imgIds'),
    classes: classNames(cocoGt, { ...params, catIds: sorted }, where),
  }
}

/**
 * The classes of `params.catIds`, in this order.
 *
 * @param where the call, for errors.
 * @throws CocoError if `useCats` is 0, since classes are then one.
 */
export function classNames(
  { cats }: COCO,
  { catIds, useCats }: Pick<Params, 'catIds' | 'useCats'>,
  where: string,
): ClassName[] {
  if (useCats) return catIds.map((id) => ({ id, name: cats.get(id)?.name ?? String(id) }))
  throw new CocoError(
    where,
    'params.useCats is 0, so that classes are not told apart',
    'set params.useCats to 1 and params.catIds to the classes',
  )
}

/** @throws CocoError unless `0 < value <= 1`. */
export function checkIouThr(where: string, name: string, value: number): void {
  if (value > 0 && value <= 1) return
  throw new CocoError(where, `${name} is ${value}`, 'give a number above 0 and at most 1')
}
