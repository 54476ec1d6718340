import { CocoError } from '../errors.js'
import type { Id } from '../types.js'
import { linspace } from './linspace.js'

const IOU_TYPES = ['bbox', 'segm', 'keypoints'] as const

/** What is compared: boxes, masks or keypoints. */
export type IouType = (typeof IOU_TYPES)[number]

const ALL: [number, number] = [0, 1e5 ** 2]
const SMALL: [number, number] = [0, 32 ** 2]
const MEDIUM: [number, number] = [32 ** 2, 96 ** 2]
const LARGE: [number, number] = [96 ** 2, 1e5 ** 2]

/**
 * Nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles. Divided by 10, as pycocotools
 * does, for the last bit.
 */
const PERSON_SIGMAS = [
  0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89,
  0.89,
].map((sigma) => sigma / 10)

/**
 * What is evaluated, under pycocotools' names and with its defaults. Change the fields before
 * `evaluate()`.
 */
export class Params {
  readonly iouType: IouType
  /** Images to evaluate. `evaluate()` sorts them and keeps each once. */
  imgIds: Id[] = []
  /**
   * Categories to evaluate. `evaluate()` sorts them; `accumulate()` sets them to `[-1]` if
   * `useCats` is 0.
   */
  catIds: Id[] = []
  /**
   * `[T]`, IoU, or OKS of keypoints, from which a detection matches. @default 0.5, 0.55 ... 0.95
   */
  iouThrs: number[] = linspace(0.5, 0.95, 10)
  /** `[R]`, recalls at which precision is read. @default 0, 0.01 ... 1 */
  recThrs: number[] = linspace(0, 1, 101)
  /**
   * `[M]`, detections counted, at most, per image and category. @default 1, 10, 100; of keypoints
   * 20
   */
  maxDets: number[] = [1, 10, 100]
  /** `[A]`, `[low, high]` in pixels, both ends included. Annotations outside are ignored. */
  areaRng: [number, number][] = [[...ALL], [...SMALL], [...MEDIUM], [...LARGE]]
  /**
   * `[A]`, the names by which `summarize()` finds the area ranges. @default all, small, medium,
   * large; of keypoints without small
   */
  areaRngLbl: string[] = ['all', 'small', 'medium', 'large']
  /** 1: a detection matches its own category only. 0: all categories are one. */
  useCats: number | boolean = 1
  /**
   * How far annotators place each keypoint apart, in units of the object's size. @default
   * COCO's 17 of a person
   */
  kpt_oks_sigmas: number[] = [...PERSON_SIGMAS]

  constructor(iouType: IouType) {
    if (!IOU_TYPES.includes(iouType))
      throw new CocoError(
        'COCOeval',
        `iouType is '${iouType}'`,
        `use ${IOU_TYPES.map((type) => `'${type}'`).join(', ')}`,
      )
    this.iouType = iouType
    if (iouType === 'keypoints') {
      this.maxDets = [20]
      this.areaRng = [[...ALL], [...MEDIUM], [...LARGE]]
      this.areaRngLbl = ['all', 'medium', 'large']
    }
  }

  /** A copy that later changes do not reach. */
  clone(): Params {
    return Object.assign(new Params(this.iouType), structuredClone({ ...this }))
  }
}
