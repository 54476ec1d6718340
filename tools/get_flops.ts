/** Parameters and operations of a model. */
import { countOperations } from '../benchmark/flops.js'
import { loadConfig } from '../experiments/load.js'
import { classInputSize } from '../experiments/test_crop.js'
import { buildModel, type Form } from '../registry.js'
import {
  COCO_SHAPE,
  type ConfigFlags,
  command,
  configOptions,
  formOption,
  run,
  type Shape,
  shapeOption,
} from './cli/command.js'

interface Flags extends ConfigFlags {
  form: Form
  shape?: Shape
}

const program = configOptions(
  command('get_flops', 'Counts parameters and multiply-accumulates of a model for one image.')
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .addOption(
      shapeOption('input pixels (default: 800 1280; of classifiers data.imageSize, or 224 224)'),
    )
    .addOption(formOption('the form to count').default('deploy')),
)

await run<Flags>(program, async ([configPath], { cfgOptions, form, shape }, say) => {
  const config = await loadConfig(configPath, cfgOptions)
  const { model } = config
  const size = shape ?? (model.type === 'Classifier' ? classInputSize(config) : COCO_SHAPE)
  const counts = countOperations(buildModel(model, { form }), size)
  const { params, frozenParams, gmacs, gmacsMmcv } = counts
  const paramsM = params / 1e6
  say(`${configPath}, ${form} form, ${size.join(' x ')} pixels`)
  say(`parameters            ${paramsM.toFixed(2)} M`)
  if (frozenParams > 0) say(`frozen, beside them   ${(frozenParams / 1e6).toFixed(2)} M`)
  say(`multiply-accumulates  ${gmacs.toFixed(2)} G`)
  say(`as mmcv counts them   ${gmacsMmcv.toFixed(2)} G`)
  return { paramsM, gmacs, gmacsMmcv, params, frozenParams, form, shape: size }
})
