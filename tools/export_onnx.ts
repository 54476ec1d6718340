/** A checkpoint as a self-contained ONNX file. */
import { Option } from 'commander'
import { type ExportPart, exportOnnx } from '../deploy/export_onnx.js'
import { COCO_SCALE, landscapeShape } from '../evaluation/image_input.js'
import { loadConfig } from '../experiments/load.js'
import { cocoOf } from '../experiments/load_data.js'
import { loadDetector } from '../experiments/load_detector.js'
import type { Form } from '../registry.js'
import { CHECKPOINT_HELP, requireApart } from './cli/checkpoint_argument.js'
import {
  type ConfigFlags,
  command,
  configOptions,
  formOption,
  run,
  type Shape,
  shapeOption,
  type WeightsFlag,
  weightsOption,
} from './cli/command.js'
import { requireWritable } from './cli/output_file.js'

interface Flags extends ConfigFlags, WeightsFlag {
  form?: Form
  part: ExportPart
  shape?: Shape
}

const program = configOptions(
  command('export_onnx', 'Writes a self-contained ONNX file for one size of input.')
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .argument('<checkpoint>', CHECKPOINT_HELP)
    .argument('<out>', 'the .onnx file to write')
    .addOption(weightsOption())
    .addOption(formOption('the form to export (default: deploy if there is one)'))
    .addOption(
      new Option('--part <part>', 'uint8 images to boxes, or normalised images to feature maps')
        .choices(['model', 'backbone'])
        .default('model'),
    )
    .addOption(
      shapeOption(
        'input pixels (default: of landscape images at data.testScale, padded: 800 1344 for [1333, 800])',
      ),
    ),
)

await run<Flags>(program, async ([configPath, checkpoint, out], flags, say) => {
  const { cfgOptions, form: wanted, weights, part } = flags
  const config = await loadConfig(configPath, cfgOptions)
  await requireApart('OUT', out, checkpoint)
  await requireWritable(out)
  const options = { form: wanted, preferDeploy: true, weights, part, say }
  const { detector, form, metadata } = await loadDetector(config, checkpoint, options)
  const shape = flags.shape ?? landscapeShape(cocoOf(config) ?? COCO_SCALE)
  const file = await exportOnnx(detector, out, { part, shape, lambda: metadata?.lambda })

  say(`${file.path}: ${part}, ${form} form, ${(file.bytes / 1e6).toFixed(1)} MB`)
  for (const input of file.inputs) say(`  in   ${input.name} ${input.dtype} [${input.shape}]`)
  for (const output of file.outputs) say(`  out  ${output.name} ${output.dtype} [${output.shape}]`)
  return { ...file, form }
})
