/** Training-form weights to deploy-form weights. */
import { MERGE_BOUND } from '../deploy/reparameterize.js'
import { loadConfig } from '../experiments/load.js'
import { loadModel, mergeModel } from '../experiments/load_detector.js'
import { saveModel } from '../weights/save_model.js'
import { CHECKPOINT_HELP, requireApart } from './cli/checkpoint_argument.js'
import {
  type ConfigFlags,
  command,
  configOptions,
  run,
  type WeightsFlag,
  weightsOption,
} from './cli/command.js'
import { requireWritable } from './cli/output_file.js'

type Flags = ConfigFlags & WeightsFlag

const program = configOptions(
  command(
    'reparameterize',
    'Merges the weights of a checkpoint into the deploy form, and checks it.',
  )
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .argument('<checkpoint>', CHECKPOINT_HELP)
    .argument('<out>', 'the .safetensors file to write')
    .addOption(weightsOption()),
)

await run<Flags>(program, async ([configPath, checkpoint, out], { cfgOptions, weights }, say) => {
  await requireApart('OUT', out, checkpoint)
  const config = await loadConfig(configPath, cfgOptions)
  await requireWritable(out)
  const loaded = await loadModel(config, checkpoint, { weights, allowBackbone: true, say })
  const { differences, worst } = await mergeModel(loaded)
  await saveModel(out, loaded.model, loaded.metadata, { backboneAlone: loaded.isBackboneAlone })

  for (const { stride, channels, largestDifference, relative } of differences) {
    const figures = `${largestDifference.toExponential(2)}, ${relative.toExponential(2)} of the largest value`
    const what = stride === undefined ? 'logits' : `stride ${stride}`
    say(`${what}, ${channels} channels: largest difference ${figures}`)
  }
  say(
    `${out}: the deploy form${loaded.isBackboneAlone ? ' of the backbone' : ''} (bound ${MERGE_BOUND.toExponential(0)})`,
  )
  const largestDifference = Math.max(...differences.map((tap) => tap.largestDifference))
  return { out, largestDifference, relative: worst, bound: MERGE_BOUND, taps: differences }
})
