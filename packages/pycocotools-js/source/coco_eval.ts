import { checkScore } from './annotations/check_annotation.js'
import type { COCO } from './coco.js'
import { CocoError } from './errors.js'
import { type Accumulated, accumulateMatches } from './evaluate/accumulate.js'
import { groupIntoCells } from './evaluate/cells.js'
import { readColumns, type Side } from './evaluate/columns.js'
import { type Evaluation, evaluateCells } from './evaluate/evaluate_cells.js'
import { type ImageEvaluation, imageEvaluations } from './evaluate/image_evaluations.js'
import { type IouType, Params } from './evaluate/params.js'
import { boxSimilarity } from './evaluate/similarity.js'
import { summarizeDetections } from './evaluate/summarize.js'
import { sortIds, uniqueIds } from './ids.js'
import type { Id } from './types.js'
import { warnOnce } from './warn_once.js'

export interface COCOevalOptions {
  /** Takes each line of the table. @default console.log */
  print?: (line: string) => void
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
  /** The twelve numbers, named by `STAT_NAMES`; empty before `summarize()`. */
  stats: number[] = []
  private evaluation: Evaluation | null = null
  private imageList: (ImageEvaluation | null)[] | null = null
  private readonly print: (line: string) => void

  constructor(cocoGt: COCO, cocoDt: COCO, iouType: IouType, options: COCOevalOptions = {}) {
    this.cocoGt = cocoGt
    this.cocoDt = cocoDt
    this.params = new Params(iouType)
    this.params.imgIds = sortIds(cocoGt.getImgIds(), cocoGt.name)
    this.params.catIds = sortIds(cocoGt.getCatIds(), cocoGt.name)
    this.print = options.print ?? console.log
  }

  /** Matches detections to ground truths in each image. Sorts the lists of `params`. */
  evaluate(): void {
    const { cocoGt, cocoDt, params } = this
    checkParams(params)
    params.imgIds = uniqueIds(params.imgIds, 'params.imgIds')
    if (params.useCats) params.catIds = uniqueIds(params.catIds, 'params.catIds')
    params.maxDets = [...params.maxDets].sort((a, b) => a - b)

    const gt: Side = { rows: cocoGt.rows, name: cocoGt.name }
    const dt: Side = { rows: cocoDt.rows, name: cocoDt.name }
    const cells = groupIntoCells({
      groundTruths: { rows: gt.rows, selected: selectRows(cocoGt, params) },
      detections: { rows: dt.rows, selected: selectRows(cocoDt, params) },
      scoreOf: (row) => checkScore(dt.name, dt.rows, row),
      imgIds: params.imgIds,
      catIds: params.useCats ? params.catIds : null,
      maxDet: params.maxDets[params.maxDets.length - 1],
    })
    const columns = readColumns(cells, gt, dt)
    const similarity = boxSimilarity(cells, columns.gtCrowd, gt, dt)
    this.evaluation = evaluateCells(cells, columns, similarity, params.clone(), gt, dt)
    this.imageList = null
    this.eval = null
  }

  /** Joins the matches into `eval`. Sets `catIds` of the parameters to `[-1]` if `useCats` is 0 (pycocotools). */
  accumulate(params: Params = this.params): void {
    if (!this.evaluation)
      throw new CocoError('accumulate', 'nothing is evaluated yet', 'call evaluate() first')
    if (Number(params.useCats) !== 1) params.catIds = [-1]
    this.eval = accumulateMatches(this.evaluation, params)
  }

  /** Prints the table of twelve numbers and keeps them in `stats`. */
  summarize(): number[] {
    if (!this.eval)
      throw new CocoError('summarize', 'nothing is accumulated yet', 'call accumulate() first')
    const { stats, lines } = summarizeDetections(this.eval, this.params)
    for (const line of lines) this.print(line)
    this.stats = stats
    return stats
  }

  /**
   * `[K, A, I]`, flat: the matches of each category, area range and image; empty before `evaluate()`.
   *
   * Built when first read, since few read it and it takes far more memory than the evaluation.
   */
  get evalImgs(): (ImageEvaluation | null)[] {
    if (!this.evaluation) return []
    this.imageList ??= imageEvaluations(this.evaluation)
    return this.imageList
  }
}

function checkParams({ maxDets, areaRng, iouThrs, recThrs, useCats, catIds }: Params): void {
  if (maxDets.length === 0 || !maxDets.every((value) => Number.isInteger(value) && value >= 0))
    throw new CocoError(
      'evaluate',
      `params.maxDets is [${maxDets.join(', ')}]`,
      'give whole numbers, such as [1, 10, 100]',
    )
  for (const [field, values] of Object.entries({ areaRng: areaRng.flat(), iouThrs, recThrs }))
    if (!values.every((value) => typeof value === 'number' && !Number.isNaN(value)))
      throw new CocoError(
        'evaluate',
        `params.${field} holds [${values.join(', ')}]`,
        'give numbers only',
      )
  if (!useCats && catIds.length === 1 && catIds[0] === -1)
    warnOnce(
      'catIds after useCats = 0',
      'params.catIds is [-1], which accumulate() left there because useCats is 0, as in pycocotools, so that nothing is evaluated; set params.catIds again',
    )
}

/**
 * Rows of the images and categories of `params`. With `useCats`, image by image; without, category by
 * category in the order of `catIds`, which decides between equal scores.
 */
function selectRows(coco: COCO, { imgIds, catIds, useCats }: Params): Int32Array {
  if (useCats) return coco.selectRows({ imgIds, catIds })
  const selected = coco.selectRows({ imgIds })
  const byCategory = new Map<Id | undefined, number[]>()
  for (const row of selected) {
    const categoryId = coco.rows.categoryId(row)
    const sameCategory = byCategory.get(categoryId)
    if (sameCategory) sameCategory.push(row)
    else byCategory.set(categoryId, [row])
  }
  return Int32Array.from(catIds.flatMap((id) => byCategory.get(id) ?? []))
}
