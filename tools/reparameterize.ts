/** Training-form weights to deploy-form weights. */
import { MERGE_BOUND } from '../deploy/reparameterize.js'
import { ConfigError } from '../errors.js'
import { loadConfig } from '../experiments/load.js'
import { loadDetector, mergeDetector } from '../experiments/load_detector.js'
import { saveModel } from '../training/save_model.js'
import {
  type ConfigFlags,
  command,
  configOptions,
  run,
  type WeightsFlag,
  weightsOption,
} from './command.js'

import { replacedInput, requireWritable } from './output_file.js'

type Flags = ConfigFlags & WeightsFlag

const program = configOptions(
  command(
    'reparameterize',
    'Merges the weights of a checkpoint into the deploy form, and checks it.',
  )
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .argument('<checkpoint>', 'a .safetensors file, or random for new weights')
    .argument('<out>', 'the .safetensors file to write')
    .addOption(weightsOption()),
)

await run<Flags>(program, async ([configPath, checkpoint, out], { cfgOptions, weights }, say) => {
  if (await replacedInput([out], [checkpoint])) {
    throw new ConfigError('OUT', `would replace ${checkpoint}`, 'give another path')
  }
  const config = await loadConfig(configPath, cfgOptions)
  await requireWritable(out)
  const loaded = await loadDetector(config, checkpoint, { weights })
  const { differences, worst } = await mergeDetector(loaded)
  await saveModel(out, loaded.detector, loaded.metadata)

  for (const { stride, channels, largestDifference, relative } of differences) {
    const figures = `${largestDifference.toExponential(2)}, ${relative.toExponential(2)} of the largest value`
    say(`stride ${stride}, ${channels} channels: largest difference ${figures}`)
  }
  say(`${out}: the deploy form (bound ${MERGE_BOUND.toExponential(0)})`)
  const largestDifference = Math.max(...differences.map((tap) => tap.largestDifference))
  return { out, largestDifference, relative: worst, bound: MERGE_BOUND, taps: differences }
})
