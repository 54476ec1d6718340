import { isClassifier } from '../../classifiers/classifier.js'
import {
  type ClassAccuracy,
  type ClassificationEvaluation,
  classifyAll,
  evaluateClasses,
} from '../../evaluation/classify.js'
import { readRealLabels, realAccuracy } from '../../evaluation/real_labels.js'
import { savePredictions } from '../../evaluation/save_predictions.js'
import {
  classEvalOptions,
  loadPictures,
  pictureLine,
  requireClassData,
} from '../../experiments/classification_task.js'
import { loadModel } from '../../experiments/load_detector.js'
import { cannotWrite } from '../../files/file_error.js'
import type { Config } from '../../registry.js'
import { requireApart } from './checkpoint_argument.js'
import { requireWritable } from './output_file.js'
import { showProgress } from './show_progress.js'
import type { TestOptions } from './test_detector.js'

/** As many pairs of classes are shown that are taken for each other. */
const CONFUSED = 10

export interface TestClassifierOptions extends TestOptions {
  /** Re-assessed labels of ImageNet's validation pictures. */
  real?: string
}

/** Top-1 and top-5 accuracy of a classifier's checkpoint on `data.val`. */
export async function testClassifier(
  config: Config,
  checkpoint: string,
  options: TestClassifierOptions,
) {
  const { compute, loading, out, real, perClass: isPerClass, say } = options
  const data = requireClassData(config)
  if (out !== undefined) {
    await requireApart('--out', out, checkpoint, real === undefined ? [] : [real])
    await requireWritable(out)
  }
  const { model, metadata } = await loadModel(config, checkpoint, loading)
  if (!isClassifier(model)) throw new Error('test: a config of a classifier made another model')
  const dataset = await loadPictures(config, 'val', metadata?.classes)
  say(pictureLine(dataset, 'evaluates on'))
  const { images, classes } = dataset
  const files = images.map(({ file }) => file)
  const realLabels = real === undefined ? undefined : await readRealLabels(real, files)
  const predictions = await classifyAll(model, {
    ...classEvalOptions(data, dataset),
    compute,
    lambda: metadata?.lambda,
    onProgress: showProgress('pictures'),
  })
  if (out !== undefined) await savePredictions(out, dataset, predictions, cannotWrite)
  const labels = images.map(({ label }) => label)
  const found = evaluateClasses(predictions, labels, classes)
  const { top1, top5 } = found.accuracy
  say(`top-1 ${top1.toFixed(4)}`)
  if (top5 !== undefined) say(`top-5 ${top5.toFixed(4)}`)
  const best = predictions.map(({ labels: [first] }) => first)
  const realTop1 = realLabels && realAccuracy(best, realLabels)
  if (realTop1 !== undefined) say(`ReaL  ${realTop1.toFixed(4)}`)
  const document = { ...found.accuracy, ...(realTop1 !== undefined && { real: realTop1 }) }
  if (!isPerClass) return document
  for (const line of ['', ...classLines(found.perClass), ...confusedLines(found)]) say(line)
  return { ...document, perClass: found.perClass, confusion: found.confusion }
}

/** A table with a line for each class. */
function classLines(perClass: readonly ClassAccuracy[]): string[] {
  const width = Math.max(5, ...perClass.map(({ name }) => name.length))
  const head = `${'class'.padEnd(width)}  pictures  top-1  precision`
  const share = (value: number) => (value < 0 ? '-' : value.toFixed(3))
  const lines = perClass.map(({ name, pictures, top1, precision }) => {
    const count = String(pictures).padStart(8)
    return `${name.padEnd(width)}  ${count}  ${share(top1).padStart(5)}  ${share(precision).padStart(9)}`
  })
  return [head, ...lines]
}

/** The pairs of classes that are mistaken most often. */
function confusedLines({ perClass, confusion }: ClassificationEvaluation): string[] {
  const pairs = confusion.flatMap((row, label) =>
    row.map((count, best) => ({ count, label, best })).filter(({ count }) => count > 0),
  )
  const worst = pairs
    .filter(({ label, best }) => label !== best)
    .sort((a, b) => b.count - a.count)
    .slice(0, CONFUSED)
  if (worst.length === 0) return []
  const lines = worst.map(({ count, label, best }) => {
    return `  ${count} of ${perClass[label].pictures} ${perClass[label].name} as ${perClass[best].name}`
  })
  return ['', 'most often mistaken:', ...lines]
}
