/**
 * COCO evaluation of a checkpoint.
 *
 * With --json: `{ "bbox": { "AP": ..., ... } }`, and with --per-class also `"perClass": { "bbox": [{ "id", "name", "AP",
 * ..., "groundTruths", "detections" }, ...] }`, the classes by rising id. A detector that segments has `segm` beside
 * each `bbox`.
 */

import { checkMasks } from '../datasets/batch_masks.js'
import { loadConfig } from '../experiments/load.js'
import { loadSplit } from '../experiments/load_data.js'
import { loadDetector } from '../experiments/load_detector.js'
import { evalOptions } from '../experiments/train_config.js'
import { classTableLines } from '../packages/pycocotools-js/source/index.js'
import type { Form } from '../registry.js'
import { evaluate } from '../training/evaluate.js'
import { CHECKPOINT_HELP } from './checkpoint_argument.js'
import { command, formOption, run, type WeightsFlag, weightsOption } from './command.js'
import { type ComputeFlags, computeOptions, engineOption, openCompute } from './compute_flags.js'
import { requireWritable, writeOutput } from './output_file.js'
import { showProgress } from './show_progress.js'

/** Of the table of classes. */
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
  if (out !== undefined) await requireWritable(out)
  const { detector, metadata } = await loadDetector(config, checkpoint, { form, weights, say })
  const { data, dataset } = await loadSplit(config, 'val', metadata?.classes)
  if (detector.needsMasks) {
    checkMasks(dataset.samples)
    if (out !== undefined) await requireWritable(segmPath(out))
  }
  const { bbox, segm, perClass, table, results } = await evaluate(detector, {
    ...evalOptions(data, dataset),
    compute,
    lambda: metadata?.lambda,
    onProgress: showProgress('images'),
  })
  if (out !== undefined) {
    await writeOutput(out, JSON.stringify(results.bbox))
    if (results.segm) await writeOutput(segmPath(out), JSON.stringify(results.segm))
  }
  for (const line of table) say(line)
  if (!isPerClass) return { bbox, segm }
  for (const line of ['', ...classTableLines(perClass.bbox, CLASS_COLUMNS)]) say(line)
  if (perClass.segm)
    for (const line of ['', 'Masks', ...classTableLines(perClass.segm, CLASS_COLUMNS)]) say(line)
  return { bbox, segm, perClass }
})

/** `results.segm.json` for `results.json` and for `results.bbox.json`. */
function segmPath(path: string): string {
  return `${path.replace(/(?:\.bbox)?\.json$/, '')}.segm.json`
}
