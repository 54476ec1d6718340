import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CocoDataset } from '../datasets/coco.js'
import { DataError } from '../errors.js'
import type { Metrics } from '../evaluation/evaluate.js'
import { RESULT_FILES } from '../evaluation/save_results.js'
import { perClassTable } from '../packages/pycocotools-js/source/analysis/per_class.js'
import { tideErrors } from '../packages/pycocotools-js/source/analysis/tide.js'
import { COCO } from '../packages/pycocotools-js/source/coco.js'
import { COCOeval } from '../packages/pycocotools-js/source/coco_eval.js'
import { STAT_NAMES } from '../packages/pycocotools-js/source/evaluate/summarize.js'
import type { CocoResult } from '../packages/pycocotools-js/source/types.js'
import type { DetectionReport, Kind } from './document.js'

/** Detections of one kind and what they are compared with. */
export interface ValDetections {
  groundTruth: COCO
  detections: COCO
}

/**
 * Reads the detections that the last evaluation left in a work dir; undefined where there are none.
 */
export async function readDetections(
  workDir: string,
  kind: Kind,
  dataset: CocoDataset,
): Promise<ValDetections | undefined> {
  const file = join(workDir, RESULT_FILES[kind])
  let results: unknown
  try {
    results = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new DataError(file, 'cannot be read as JSON', 'evaluate again')
  }
  if (!Array.isArray(results)) {
    throw new DataError(file, 'holds no list', 'give a COCO results file')
  }
  const { groundTruth } = dataset
  const detections =
    results.length > 0
      ? groundTruth.loadRes(results as CocoResult[])
      : new COCO({ ...groundTruth.dataset, annotations: [] }) // `loadRes` refuses an empty list
  return { groundTruth, detections }
}

/** COCO's numbers, those of each class, and what kinds of errors there are. */
export function judge({ groundTruth, detections }: ValDetections, kind: Kind): DetectionReport {
  const evaluation = new COCOeval(groundTruth, detections, kind, { print: () => {} })
  evaluation.evaluate()
  evaluation.accumulate()
  const stats = evaluation.summarize()
  const metrics = Object.fromEntries(STAT_NAMES.map((name, i) => [name, stats[i]])) as Metrics
  return { metrics, classes: perClassTable(evaluation), tide: tideErrors(evaluation) }
}
