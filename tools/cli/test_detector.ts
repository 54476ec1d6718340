import { dataLines } from '../../datasets/data_report.js'
import type { ComputeOptions } from '../../engine/compute_options.js'
import { detectAll, type Evaluation } from '../../evaluation/evaluate.js'
import { evalOptions } from '../../experiments/detection_task.js'
import { loadChecked, requireCoco } from '../../experiments/load_data.js'
import { type LoadOptions, loadDetector } from '../../experiments/load_detector.js'
import { classTableLines } from '../../packages/pycocotools-js/source/analysis/class_table.js'
import type { Config } from '../../registry.js'
import { requireApart } from './checkpoint_argument.js'
import { printable } from './command.js'
import { evaluateSaved, type OutputFile } from './evaluate_saved.js'
import { requireWritable, writeOutput } from './output_file.js'
import { showProgress } from './show_progress.js'

/** Columns of the table of classes. */
const CLASS_COLUMNS = [
  ...(['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR100'] as const),
  ...(['groundTruths', 'detections'] as const),
]

export interface TestOptions {
  compute: ComputeOptions
  loading: LoadOptions
  /** File for what is found. */
  out?: string
  /** With the numbers of each class. */
  perClass: boolean
  say(line: string): void
}

/** COCO evaluation of a detector's checkpoint on `data.val`. */
export async function testDetector(
  config: Config,
  checkpoint: string,
  options: TestOptions,
): Promise<Omit<Evaluation, 'table' | 'perClass'> & Partial<Pick<Evaluation, 'perClass'>>> {
  const { compute, loading, out, perClass: isPerClass, say } = options
  if (out !== undefined) await requireOutput(out, checkpoint, config)
  const { detector, metadata } = await loadDetector(config, checkpoint, loading)
  const masks = detector.needsMasks
  const { data, dataset } = await loadChecked(config, 'val', { masks, classes: metadata?.classes })
  for (const line of dataLines(dataset, 'evaluates on')) say(line)
  const files = out === undefined ? [] : outputFiles(out, masks)
  for (const { path } of files) await requireOutput(path, checkpoint, config)
  const results = await detectAll(detector, {
    ...evalOptions(data, dataset),
    compute,
    lambda: metadata?.lambda,
    onProgress: showProgress('images'),
  })
  // Before they are evaluated: hours of detecting are not lost where that fails.
  for (const { path, kind } of files) writeOutput(path, JSON.stringify(results[kind] ?? []))
  const tell = (line: string) => process.stderr.write(printable(`${line}\n`))
  const { bbox, segm, perClass, table } = evaluateSaved(dataset, results, { files, tell })
  for (const line of table) say(line)
  if (!isPerClass) return { bbox, segm }
  for (const line of ['', ...classTableLines(perClass.bbox, CLASS_COLUMNS)]) say(line)
  if (perClass.segm)
    for (const line of ['', 'Masks', ...classTableLines(perClass.segm, CLASS_COLUMNS)]) say(line)
  return { bbox, segm, perClass }
}

/** Refuses a path that cannot be written, or that the command reads. */
async function requireOutput(path: string, checkpoint: string, config: Config): Promise<void> {
  await requireApart('--out', path, checkpoint, [requireCoco(config).val.annFile])
  await requireWritable(path)
}

/**
 * `results.json`, and with masks `results.segm.json`, which also goes beside `results.bbox.json`.
 */
function outputFiles(out: string, needsMasks: boolean): OutputFile[] {
  const segm = `${out.replace(/(?:\.bbox)?\.json$/, '')}.segm.json`
  const boxes = { kind: 'bbox', path: out } as const
  return needsMasks ? [boxes, { kind: 'segm', path: segm }] : [boxes]
}
