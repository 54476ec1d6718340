import { show } from './annotations/annotation_faults.js'
import { annotationTraps } from './annotations/annotation_traps.js'
import { checkScore } from './annotations/check_annotation.js'
import { countDefaults } from './annotations/completed_rows.js'
import type { COCO } from './coco.js'
import { CocoError } from './errors.js'
import { type Accumulated, accumulateMatches } from './evaluate/accumulate.js'
import { categoryOf, groupIntoCells } from './evaluate/cells.js'
import { type Columns, readColumns } from './evaluate/columns.js'
import { positions } from './evaluate/counting_sort.js'
import { cellSimilarities, type Evaluation, evaluateCells } from './evaluate/evaluate_cells.js'
import { type ImageEvaluation, imageEvaluations } from './evaluate/image_evaluations.js'
import { type IouType, Params } from './evaluate/params.js'
import { similarityOf } from './evaluate/similarity.js'
import { summarizeDetections } from './evaluate/summarize.js'
import { sortIds, uniqueIds } from './ids.js'
import type { Id, NdArray } from './types.js'
import { type Warn, warningTo, warnOnce } from './warn_once.js'

export interface COCOevalOptions {
  /** Takes each line of the table. @default console.log */
  print?: (line: string) => void
  /**
   * Takes every warning that the evaluation gives, each once. @default console.warn, each once a
   * process
   */
  warn?: Warn
}

/**
 * COCO's evaluation: `evaluate()`, `accumulate()`, `summarize()`, in this order; then read `stats`.
 *
 * Source: pycocotools 2.0.11, with the same numbers to the last bit.
 */
export class COCOeval {
  readonly cocoGt: COCO
  readonly cocoDt: COCO
  params: Params
  /** Precision, recall and scores; null before `accumulate()`. */
  eval: Accumulated | null = null
  /**
   * The twelve numbers, ten of keypoints, named by `statNames(iouType)`; empty before
   * `summarize()`.
   */
  stats: number[] = []
  /** What `evaluate()` found, in typed arrays, which analysis reads; null before it. */
  matches: Evaluation | null = null
  private imageList: (ImageEvaluation | null)[] | null = null
  private readonly print: (line: string) => void
  /** Runs a function whose warnings go where they are wanted. */
  private readonly speaking: <T>(run: () => T) => T

  constructor(cocoGt: COCO, cocoDt: COCO, iouType: IouType, options: COCOevalOptions = {}) {
    this.cocoGt = cocoGt
    this.cocoDt = cocoDt
    this.params = new Params(iouType)
    this.params.imgIds = sortIds(cocoGt.getImgIds(), cocoGt.name)
    this.params.catIds = sortIds(cocoGt.getCatIds(), cocoGt.name)
    this.print = options.print ?? console.log
    this.speaking = options.warn ? warningTo(options.warn) : (run) => run()
  }

  /** Matches detections to ground truths in each image. Sorts the lists of `params`. */
  evaluate(): void {
    this.speaking(() => this.match())
  }

  private match(): void {
    const { cocoGt, cocoDt, params } = this
    this.matches = null
    this.imageList = null
    this.eval = null
    checkParams(params)
    params.imgIds = uniqueIds(params.imgIds, 'params.imgIds')
    if (params.useCats) params.catIds = uniqueIds(params.catIds, 'params.catIds')
    params.maxDets = [...params.maxDets].sort((a, b) => a - b)

    const cells = groupIntoCells({
      groundTruths: { side: cocoGt, selected: selectRows(cocoGt, params) },
      detections: { side: cocoDt, selected: selectRows(cocoDt, params) },
      scoreOf: (row) => checkScore(cocoDt.name, cocoDt.rows, row),
      imgIds: params.imgIds,
      catIds: params.useCats ? params.catIds : null,
      maxDet: params.maxDets[params.maxDets.length - 1],
    })
    const columns = readColumns(cells, cocoGt, cocoDt, params.iouType)
    warnOfDefaults(cocoGt, ['id', 'iscrowd', 'area'])
    warnOfDefaults(cocoDt, ['id', 'area'])
    warnOfTraps(cocoGt, columns, params)
    const similarity = similarityOf(cells, columns.gtCrowd, cocoGt, cocoDt, params)
    this.matches = evaluateCells({
      ...{ cells, columns, similarity },
      params: params.clone(),
      gt: cocoGt,
      dt: cocoDt,
    })
  }

  /**
   * Joins the matches into `eval`. Sets `catIds` of the parameters to `[-1]` if `useCats` is 0
   * (pycocotools).
   */
  accumulate(params: Params = this.params): void {
    if (!this.matches)
      throw new CocoError('accumulate', 'nothing is evaluated yet', 'call evaluate() first')
    if (Number(params.useCats) !== 1) params.catIds = [-1]
    const { matches } = this
    this.eval = this.speaking(() => accumulateMatches(matches, params))
  }

  /** Prints the table of twelve numbers, ten of keypoints, and keeps them in `stats`. */
  summarize(): number[] {
    if (!this.eval)
      throw new CocoError('summarize', 'nothing is accumulated yet', 'call accumulate() first')
    const { eval: accumulated, params } = this
    const { stats, lines } = this.speaking(() => summarizeDetections(accumulated, params))
    for (const line of lines) this.print(line)
    this.stats = stats
    return stats
  }

  /**
   * IoU, or OKS of keypoints, in one image and category; `catId` is -1 if `useCats` is 0. Call
   * `evaluate()` first.
   *
   * @returns `[d, g]`: detections by falling score, cut to the largest of `maxDets`; ground
   *   truths in file order.
   */
  computeIoU(imgId: Id, catId: Id): NdArray {
    if (!this.matches)
      throw new CocoError('computeIoU', 'nothing is evaluated yet', 'call evaluate() first')
    const { matches } = this
    return this.speaking(() => cellSimilarities(matches, imgId, catId))
  }

  /**
   * `[K, A, I]`, flat: the matches of each category, area range and image; empty before
   * `evaluate()`.
   *
   * Built when first read, since few read it and it takes far more memory than the evaluation.
   */
  get evalImgs(): (ImageEvaluation | null)[] {
    const { matches } = this
    if (!matches) return []
    this.imageList ??= this.speaking(() => imageEvaluations(matches))
    return this.imageList
  }
}

function checkParams(params: Params): void {
  const { maxDets, areaRng, iouThrs, recThrs, kpt_oks_sigmas } = params
  if (maxDets.length === 0 || !maxDets.every((value) => Number.isInteger(value) && value >= 0))
    throw new CocoError(
      'evaluate',
      `params.maxDets is ${show(maxDets)}`,
      'give whole numbers, such as [1, 10, 100]',
    )
  for (const [field, values] of Object.entries({ areaRng: areaRng.flat(), iouThrs, recThrs }))
    if (!values.every((value) => typeof value === 'number' && !Number.isNaN(value)))
      throw new CocoError('evaluate', `params.${field} holds ${show(values)}`, 'give numbers only')
  if (kpt_oks_sigmas.length === 0 || !kpt_oks_sigmas.every((sigma) => sigma > 0))
    throw new CocoError(
      'evaluate',
      `params.kpt_oks_sigmas is ${show(kpt_oks_sigmas)}`,
      'give a positive number for each keypoint',
    )
  if (areCatIdsReplaced(params))
    warnOnce(
      'catIds after useCats = 0',
      'params.catIds is [-1], which accumulate() left there because useCats is 0, as in pycocotools, so that nothing is evaluated; set params.catIds again',
    )
}

/** Whether `accumulate()` has replaced them, by an id which nothing matches. */
function areCatIdsReplaced({ useCats, catIds }: Params): boolean {
  return !useCats && catIds.length === 1 && catIds[0] === -1
}

const DEFAULTS = {
  id: 'id, and are numbered from 1, or on from the largest',
  iscrowd: 'iscrowd, read as 0',
  area: 'area, read as that of the mask or, where no mask can be drawn, of the box',
}

function warnOfDefaults({ rows, name }: COCO, keys: readonly (keyof typeof DEFAULTS)[]): void {
  const counts = countDefaults(rows)
  for (const key of keys) {
    const annotations = counts[key] === 1 ? '1 annotation has' : `${counts[key]} annotations have`
    if (counts[key] > 0) warnOnce(`no ${key}`, `${name}: ${annotations} no ${DEFAULTS[key]}`, name)
  }
}

function warnOfTraps(cocoGt: COCO, { gtIgnored }: Columns, params: Params): void {
  const traps = annotationTraps(cocoGt)
  const { name } = cocoGt
  for (const { trap, message } of traps) warnOnce(trap, message, name)
  const isReported = areCatIdsReplaced(params) || traps.some(({ trap }) => trap === 'only crowds')
  if (isReported || gtIgnored.includes(0)) return
  warnOnce(
    'nothing counts',
    `${name}: no annotation counts among the images and categories that are evaluated, so that every number is -1, as in pycocotools; look at params.imgIds, params.catIds, iscrowd and num_keypoints`,
    name,
  )
}

/**
 * Rows that may belong to the images and categories of `params`. Without `useCats`, they are
 * category by category in the order of `catIds`, which decides between equal scores.
 */
function selectRows(coco: COCO, { imgIds, catIds, useCats }: Params): Int32Array {
  const { rows, anns } = coco
  const idsRepeat = anns.size < rows.length
  if (useCats) return idsRepeat ? coco.selectRows({ imgIds, catIds }) : positions(rows.length)
  const selected = idsRepeat ? coco.selectRows({ imgIds }) : positions(rows.length)
  const images = new Set(imgIds)
  const byCategory = new Map<Id, number[]>()
  for (const row of selected) {
    if (!images.has(rows.imageId(row))) continue
    const categoryId = categoryOf(coco, row)
    const sameCategory = byCategory.get(categoryId)
    if (sameCategory) sameCategory.push(row)
    else byCategory.set(categoryId, [row])
  }
  return Int32Array.from(catIds.flatMap((id) => byCategory.get(id) ?? []))
}
