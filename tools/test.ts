/**
 * Evaluation of a checkpoint: COCO's numbers of a detector, top-1 and top-5 accuracy of a
 * classifier.
 *
 * With --json: of a detector `{ "bbox": { "AP": ..., ... } }`, and with --per-class also
 * `"perClass": { "bbox": [{ "id", "name", "AP", ..., "groundTruths", "detections" }, ...] }`, the
 * classes by rising id. A detector that segments has `segm` beside each `bbox`. Of a classifier
 * `{ "top1", "top5", "real" }`, and with --per-class also
 * `"perClass": [{ "name", "pictures", "top1", "top5", "precision" }, ...]` and `"confusion"`, whose
 * rows are the classes that pictures have and whose columns those they are taken for.
 */
import { ConfigError } from '../errors.js'
import { loadConfig } from '../experiments/load.js'
import type { Form } from '../registry.js'
import { CHECKPOINT_HELP } from './cli/checkpoint_argument.js'
import { command, formOption, run, type WeightsFlag, weightsOption } from './cli/command.js'
import {
  type ComputeFlags,
  computeOptions,
  engineOption,
  openCompute,
} from './cli/compute_flags.js'
import { testClassifier } from './cli/test_classifier.js'
import { testDetector } from './cli/test_detector.js'

interface Flags extends ComputeFlags, WeightsFlag {
  form?: Form
  out?: string
  perClass?: boolean
  real?: string
}

const program = computeOptions(
  command('test', 'Evaluates a checkpoint on data.val: COCO numbers, or top-1 and top-5 accuracy.')
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .argument('<checkpoint>', CHECKPOINT_HELP)
    .addOption(formOption('merge before (deploy); as the checkpoint is by default'))
    .addOption(weightsOption())
    .option(
      '--out <file>',
      'write the detections, a COCO results file; masks go to FILE.segm.json beside it; of a classifier its predictions',
    )
    .option('--per-class', 'the numbers of each class, too; with --json as perClass')
    .option('--real <file>', 'ReaL accuracy of an ImageNet classifier, by its real.json')
    .addOption(engineOption()),
)

await run<Flags>(program, async ([configPath, checkpoint], flags, say) => {
  const { cfgOptions, form, weights, out, perClass = false, real } = flags
  const config = await loadConfig(configPath, cfgOptions)
  const compute = openCompute(flags, config.precision, say)
  const options = { compute, loading: { form, weights, say }, out, perClass, say }
  if (config.model.type === 'Classifier') {
    return testClassifier(config, checkpoint, { ...options, real })
  }
  if (real !== undefined) {
    const what = `is given, but model.type is ${config.model.type}`
    throw new ConfigError('--real', what, 'leave it out, or test a Classifier')
  }
  return testDetector(config, checkpoint, options)
})
