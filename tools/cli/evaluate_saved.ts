import type { CocoDataset } from '../../datasets/coco.js'
import type { CocoResults } from '../../evaluation/coco_results.js'
import { type Evaluation, evaluateResults } from '../../evaluation/evaluate.js'

/** A results file of detections that were written. */
export interface OutputFile {
  kind: 'bbox' | 'segm'
  path: string
}

export interface Saved {
  files: readonly OutputFile[]
  /** Takes a line for each file where evaluation fails. */
  tell(line: string): void
}

/**
 * The numbers of detections; where evaluation fails, a line names where they are and what evaluates
 * them.
 */
export function evaluateSaved(
  dataset: CocoDataset,
  results: CocoResults,
  { files, tell }: Saved,
): Evaluation {
  try {
    return evaluateResults(dataset, results)
  } catch (error) {
    for (const { kind, path } of files) {
      const again = `npx pycocotools-js eval ${dataset.annFile} ${path} --iou-type ${kind}`
      tell(`The detections are in ${path}; evaluate them with: ${again}`)
    }
    throw error
  }
}
