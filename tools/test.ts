/**
 * COCO evaluation of a checkpoint.
 *
 * With --json: `{ "bbox": { "AP": ..., ... } }`, and with --per-class also
 * `"perClass": { "bbox": [{ "id", "name", "AP", ..., "groundTruths", "detections" }, ...] }`, the
 * classes by rising id. A detector that segments has `segm` beside each `bbox`.
 */

import { dataLines } from '../datasets/data_report.js'
import { detectAll } from '../evaluation/evaluate.js'
import { evalOptions } from '../experiments/detection_task.js'
import { loadConfig } from '../experiments/load.js'
import { loadChecked, requireCoco } from '../experiments/load_data.js'
import { loadDetector } from '../experiments/load_detector.js'
import { classTableLines } from '../packages/pycocotools-js/source/analysis/class_table.js'
import type { Config, Form } from '../registry.js'
import { CHECKPOINT_HELP, requireApart } from './cli/checkpoint_argument.js'
import {
  command,
  formOption,
  printable,
  run,
  type WeightsFlag,
  weightsOption,
} from './cli/command.js'
import {
  type ComputeFlags,
  computeOptions,
  engineOption,
  openCompute,
} from './cli/compute_flags.js'
import { evaluateSaved, type OutputFile } from './cli/evaluate_saved.js'
import { requireWritable, writeOutput } from './cli/output_file.js'
import { showProgress } from './cli/show_progress.js'

/** Columns of the table of classes. */
const CLASS_COLUMNS = [
  ...(['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR100'] as const),
  ...(['groundTruths', 'detections'] as const),
]

interface Flags extends ComputeFlags, WeightsFlag {
  form?: Form
  out?: string
  perClass?: boolean
}

const program = computeOptions(
  command('test', 'Evaluates a checkpoint on data.val: the twelve COCO numbers.')
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .argument('<checkpoint>', CHECKPOINT_HELP)
    .addOption(formOption('merge before (deploy); as the checkpoint is by default'))
    .addOption(weightsOption())
    .option(
      '--out <file>',
      'write the detections, a COCO results file; masks go to FILE.segm.json beside it',
    )
    .option('--per-class', 'the numbers of each class, too; with --json as perClass.bbox')
    .addOption(engineOption()),
)

await run<Flags>(program, async ([configPath, checkpoint], flags, say) => {
  const { cfgOptions, form, weights, out, perClass: isPerClass } = flags
  const config = await loadConfig(configPath, cfgOptions)
  const compute = openCompute(flags, config.precision, say)
  if (out !== undefined) await requireOutput(out, checkpoint, config)
  const { detector, metadata } = await loadDetector(config, checkpoint, { form, weights, say })
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
})

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
