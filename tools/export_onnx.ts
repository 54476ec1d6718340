/**
 * A checkpoint as a self-contained ONNX file. The file's metadata has, as JSON, the names of the
 * `classes`, `inputSize` (height and width), `pixelMean` and `pixelStd`, and of a classifier
 * `testCropRatio`: what of them is known.
 *
 * With --json:
 * `{ "path", "part", "bytes", "inputs": [{ "name", "dtype", "shape" }, ...], "outputs": [...],
 * "form", "metadata" }`.
 */
import { Option } from 'commander'
import { isClassifier } from '../classifiers/classifier.js'
import { testShortSide } from '../datasets/classification/crop_options.js'
import { type ExportPart, exportOnnx, type OnnxMetadata } from '../deploy/export_onnx.js'
import { isPyramidDetector } from '../detectors/pyramid_detector.js'
import { COCO_SCALE, landscapeShape } from '../evaluation/image_input.js'
import { knownClassNames } from '../experiments/class_names.js'
import { loadConfig } from '../experiments/load.js'
import { cocoOf } from '../experiments/load_data.js'
import { loadModel } from '../experiments/load_detector.js'
import { classInputSize, testCropOf } from '../experiments/test_crop.js'
import type { PixelStatistics } from '../ops/normalize_images.js'
import type { Config, Form, TrainableModel } from '../registry.js'
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
      new Option(
        '--part <part>',
        'uint8 images to boxes or class scores, or normalised images to feature maps',
      )
        .choices(['model', 'backbone'])
        .default('model'),
    )
    .addOption(
      shapeOption(
        'input pixels (default: of landscape images at data.testScale, padded: 800 1344 for [1333, 800]; of classifiers data.imageSize, or 224 224)',
      ),
    ),
)

await run<Flags>(program, async ([configPath, checkpoint, out], flags, say) => {
  const { cfgOptions, form: wanted, weights, part } = flags
  const config = await loadConfig(configPath, cfgOptions)
  await requireApart('OUT', out, checkpoint)
  await requireWritable(out)
  const options = { form: wanted, preferDeploy: true, weights, part, say }
  const { model, form, metadata: saved } = await loadModel(config, checkpoint, options)
  const shape = flags.shape ?? defaultShape(config, model)
  const classes = await knownClassNames(config, saved?.classes)
  const metadata: OnnxMetadata = {
    classes: classes?.map(({ name }) => name),
    inputSize: shape,
    ...inputOf(config, model),
  }
  const file = await exportOnnx(model, out, { part, shape, lambda: saved?.lambda, metadata })

  say(`${file.path}: ${part}, ${form} form, ${(file.bytes / 1e6).toFixed(1)} MB`)
  for (const input of file.inputs) say(`  in   ${input.name} ${input.dtype} [${input.shape}]`)
  for (const output of file.outputs) say(`  out  ${output.name} ${output.dtype} [${output.shape}]`)
  return { ...file, form, metadata }
})

function defaultShape(config: Config, model: TrainableModel): Shape {
  if (isClassifier(model)) return classInputSize(config)
  return landscapeShape(cocoOf(config) ?? COCO_SCALE)
}

/** How pictures become the input of a model, as far as it is known. */
function inputOf(config: Config, model: TrainableModel): OnnxMetadata {
  if (isClassifier(model)) {
    const crop = testCropOf(config)
    const testCropRatio = testShortSide(crop) === undefined ? 1 : crop.testCropRatio
    return { ...statistics(model), testCropRatio }
  }
  return isPyramidDetector(model) ? statistics(model) : {}
}

function statistics({ pixels: { mean, std } }: { pixels: PixelStatistics }): OnnxMetadata {
  return { pixelMean: mean, pixelStd: std }
}
