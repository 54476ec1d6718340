import { join } from 'node:path'
import type { LabelledImages } from '../datasets/classification/labelled_images.js'
import { cannotWriteRun, type FileSentence } from '../files/file_error.js'
import { replaceContent } from '../files/replace_file.js'
import type { Prediction } from './classify.js'

/** File of a work dir with what its last evaluation predicted. */
export const PREDICTIONS_FILE = 'predictions.json'

/**
 * What a predictions file holds: the pictures of a data set in its order, each with its class and
 * the best classes by falling score.
 */
export interface SavedPredictions {
  source: string
  classes: readonly string[]
  predictions: ({ file: string; label: number } & Prediction)[]
}

/** Writes predictions as JSON; the file appears whole or not at all. */
export async function savePredictions(
  path: string,
  { source, classes, images }: LabelledImages,
  predictions: readonly Prediction[],
  sentence: FileSentence,
): Promise<void> {
  const rows = images.map((image, i) => ({ ...image, ...predictions[i] }))
  const saved: SavedPredictions = { source, classes, predictions: rows }
  await replaceContent(path, JSON.stringify(saved), sentence)
}

/** Replaces the predictions in a work dir. */
export async function savePredictionsOfRun(
  workDir: string,
  dataset: LabelledImages,
  predictions: readonly Prediction[],
): Promise<void> {
  await savePredictions(join(workDir, PREDICTIONS_FILE), dataset, predictions, cannotWriteRun)
}
