import { type PerClassRow, perClassTable } from '../analysis/per_class.js'
import { COCO } from '../coco.js'
import { COCOeval } from '../coco_eval.js'
import type { IouType } from '../evaluate/params.js'
import { statNames } from '../evaluate/summarize.js'
import type { EvalRequest } from './arguments.js'

/** The document that `--json` prints. */
export interface EvalReport {
  iouType: IouType
  /** Twelve numbers, of keypoints ten, in pycocotools' order; -1 where nothing is defined. */
  stats: number[]
  /** Names of `stats`. */
  names: string[]
  /** Empty unless it was asked for. */
  perClass: PerClassRow[]
  /** `load` is of both files. */
  seconds: { load: number; evaluate: number; accumulate: number }
}

/**
 * Goes from two files to the numbers.
 *
 * @param print takes the lines of the table.
 */
export async function evaluateFiles(
  request: EvalRequest,
  print: (line: string) => void,
): Promise<EvalReport> {
  const { iouType, maxDets, sigmas, classAgnostic, perClass } = request
  const started = performance.now()
  const groundTruth = await COCO.load(request.groundTruth)
  const detected = await groundTruth.loadRes(request.results, { allowEmpty: true })
  const loaded = performance.now()

  const evaluation = new COCOeval(groundTruth, detected, iouType, { print })
  if (maxDets) evaluation.params.maxDets = maxDets
  if (sigmas) evaluation.params.kpt_oks_sigmas = sigmas
  if (classAgnostic) evaluation.params.useCats = 0
  evaluation.evaluate()
  const evaluated = performance.now()
  evaluation.accumulate()
  const accumulated = performance.now()

  return {
    iouType,
    stats: evaluation.summarize(),
    names: [...statNames(iouType)],
    perClass: perClass ? perClassTable(evaluation) : [],
    seconds: {
      load: (loaded - started) / 1000,
      evaluate: (evaluated - loaded) / 1000,
      accumulate: (accumulated - evaluated) / 1000,
    },
  }
}
