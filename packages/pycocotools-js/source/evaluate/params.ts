import { CocoError } from '../errors.js'
import type { Id } from '../types.js'
import { linspace } from './linspace.js'

/** What is compared. Masks and keypoints are not written yet. */
export type IouType = 'bbox'

/** What is evaluated, under pycocotools' names and with its defaults. Change the fields before `evaluate()`. */
export class Params {
  readonly iouType: IouType
  /** Images to evaluate. `evaluate()` sorts them and keeps each once. */
  imgIds: Id[] = []
  /** Categories to evaluate. `evaluate()` sorts them; `accumulate()` sets them to `[-1]` if `useCats` is 0. */
  catIds: Id[] = []
  /** `[T]`, IoU from which a detection matches. @default 0.5, 0.55 ... 0.95 */
  iouThrs: number[] = linspace(0.5, 0.95, 10)
  /** `[R]`, recalls at which precision is read. @default 0, 0.01 ... 1 */
  recThrs: number[] = linspace(0, 1, 101)
  /** `[M]`, detections counted, at most, per image and category. @default 1, 10, 100 */
  maxDets: number[] = [1, 10, 100]
  /** `[A]`, `[low, high]` in pixels, both ends included. Annotations outside are ignored. */
  areaRng: [number, number][] = [
    [0, 1e5 ** 2],
    [0, 32 ** 2],
    [32 ** 2, 96 ** 2],
    [96 ** 2, 1e5 ** 2],
  ]
  /** `[A]`, the names by which `summarize()` finds the area ranges. */
  areaRngLbl: string[] = ['all', 'small', 'medium', 'large']
  /** 1: a detection matches its own category only. 0: all categories are one. */
  useCats: number | boolean = 1

  constructor(iouType: IouType) {
    if (iouType !== 'bbox')
      throw new CocoError('COCOeval', `iouType '${iouType}' is not supported yet`, "use 'bbox'")
    this.iouType = iouType
  }

  /** A copy that later changes do not reach. */
  clone(): Params {
    return Object.assign(new Params(this.iouType), structuredClone({ ...this }))
  }
}
