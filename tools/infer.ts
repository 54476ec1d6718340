/**
 * Detects in images, or classifies them, and draws what is found.
 *
 * With --json:
 * `{ "images": [{ "file", "width", "height", "seconds", "picture", "detections", "activations" },
 * ...], "failed": [{ "file", "reason" }, ...] }`.
 * Each detection has `category` and `category_id`, `bbox` (x y width height, image pixels),
 * `score`, and of a detector that segments `segmentation` (run lengths, as COCO's compressed
 * string). Each activation map has `picture`, and `category`, null for the map of all channels. A
 * classifier has `predictions` in place of `detections`: its best five classes, each `label`,
 * `category` and `score`. Its pictures of less than 256 pixels are drawn enlarged.
 *
 * `seconds` are for the image alone, decoded and before it is drawn; the first image of each padded
 * size also builds the graph for it. An image that cannot be read does not stop the others: it is
 * listed, and the exit code is 1. Images are turned as viewers show them, by their EXIF
 * orientation: sizes, boxes and masks are those of the turned image.
 */
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { drawCaption } from '../drawing/draw_caption.js'
import { drawHeatMap } from '../drawing/draw_heat_map.js'
import { ConfigError, DataError } from '../errors.js'
import { type ClassName, classNames } from '../experiments/class_names.js'
import { loadConfig } from '../experiments/load.js'
import { loadModel } from '../experiments/load_detector.js'
import { nearestWord } from '../registry/edit_distance.js'
import type { Config, Form } from '../registry.js'
import { CHECKPOINT_HELP } from './cli/checkpoint_argument.js'
import {
  command,
  formOption,
  parseCount,
  printable,
  run,
  type WeightsFlag,
  weightsOption,
} from './cli/command.js'
import { type ComputeFlags, computeOptions, openCompute } from './cli/compute_flags.js'
import { type FailedImage, imageFiles, outputNames, readPicture } from './cli/image_files.js'
import { DETECTION_SCORE_THR, inferModel } from './cli/infer_model.js'
import { replacedInput } from './cli/output_file.js'
import { fileNamePart, writePicture } from './cli/write_picture.js'

interface Flags extends ComputeFlags, WeightsFlag {
  out: string
  scoreThr?: number
  maxPixels?: number
  activation?: true | string
  form?: Form
}

const program = computeOptions(
  command('infer', 'Detects in images or classifies them, and draws boxes, masks and labels.')
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .argument('<checkpoint>', CHECKPOINT_HELP)
    .argument('<images...>', 'image files, and folders of them')
    .option('--out <folder>', 'where the pictures go', 'infer_out')
    .option(
      '--score-thr <score>',
      'what has a higher score is shown (default: 0.3; the best five of a classifier)',
      parseScore,
    )
    .option(
      '--activation [class]',
      "draw where the backbone sees a class (default: the best one's), and, without a class, where it answers at all",
    )
    .option(
      '--max-pixels <n>',
      'larger images are refused (default: data.maxPixels of the config, or 268402689)',
      parseCount(1),
    )
    .addOption(formOption('merge before (deploy); default: the deploy form if there is one'))
    .addOption(weightsOption()),
)

await run<Flags, [string, string, string[]]>(program, async (args, flags, say) => {
  const [configPath, checkpoint, paths] = args
  const { cfgOptions, form, weights, out, activation, scoreThr } = flags
  const config = withScoreThr(await loadConfig(configPath, cfgOptions), scoreThr)
  const compute = openCompute(flags, config.precision, say)
  const { files, failed, skipped } = await imageFiles(paths)
  for (const line of [...skipped, ...failed.map(({ reason }) => reason)]) say(line)
  const options = { form, weights, preferDeploy: true, say }
  const { model: loaded, metadata } = await loadModel(config, checkpoint, options)
  const classes = await classNames(config, metadata?.classes)
  const asked = typeof activation === 'string' ? labelOf(activation, classes) : undefined

  const lambda = metadata?.lambda
  const model = inferModel(loaded, config, { classes, scoreThr, compute, lambda })
  const suffixes = ['', ...(activation === undefined ? [] : activationSuffixes(classes, asked))]
  const pictures = outputNames(files, suffixes).map((name) => {
    return (suffix: string) => join(out, `${name}${suffix}.jpg`)
  })
  await requireApart(
    pictures.flatMap((pictureOf) => suffixes.map(pictureOf)),
    files,
  )
  const maxPixels = flags.maxPixels ?? config.data?.maxPixels
  const inferFrom = async (file: string, pictureOf: (suffix: string) => string) => {
    const picture = await readPicture(file, { maxPixels })
    const { data: pixels, width, height } = picture
    const image = { pixels, size: [height, width] as const }

    const startedAt = performance.now()
    const found = await model.find(image)
    const seconds = (performance.now() - startedAt) / 1000
    const path = pictureOf('')
    await writePicture(path, await found.draw(picture))
    say(`${file}: ${found.summary} in ${seconds.toFixed(2)} s, ${path}`)

    const activations: { category: string | null; picture: string }[] = []
    const draw = async (heat: Float32Array, label?: number) => {
      const category = label === undefined ? null : classes[label].name
      const path = pictureOf(activationSuffix(category))
      const shown = model.shown(await drawHeatMap(picture, heat))
      await drawCaption(shown, category ?? 'all channels')
      await writePicture(path, shown)
      activations.push({ category, picture: path })
    }
    if (activation !== undefined) {
      const label = asked ?? found.bestLabel
      if (label !== undefined) await draw(await model.classActivation(image, label), label)
      if (asked === undefined) await draw(await model.meanActivation(image))
    }
    return { file, width, height, seconds, picture: path, ...found.document, activations }
  }
  const images: unknown[] = []
  for (const [i, file] of files.entries()) {
    try {
      images.push(await inferFrom(file, pictures[i]))
    } catch (error) {
      // The error of the only image is that of the command; what is not of the image ends the run.
      if (!(error instanceof DataError) || files.length + failed.length === 1) throw error
      failed.push({ file, reason: error.message })
      say(error.message)
    }
  }
  await model.dispose()
  if (failed.length > 0) reportFailed(failed, images.length)
  return { images, failed }
})

/**
 * Lists the images again that nothing came of, where they can be seen at the end of a long run;
 * exit code 1.
 */
function reportFailed(failed: readonly FailedImage[], done: number): void {
  const total = failed.length + done
  const reasons = failed.map(({ reason }) => `  ${printable(reason)}\n`).join('')
  process.stderr.write(`error: ${failed.length} of ${total} images failed:\n${reasons}`)
  process.exitCode = 1
}

/**
 * Detectors that are known here take the threshold themselves, as it may be lower than the
 * config's.
 */
function withScoreThr(config: Config, scoreThr = DETECTION_SCORE_THR): Config {
  const { model } = config
  if (model.type === 'RetinaNet') {
    const head = { ...model.head, test: { ...model.head.test, scoreThr } }
    return { ...config, model: { ...model, head } }
  }
  if (model.type === 'MaskRCNN') {
    const roiHead = { ...model.roiHead, test: { ...model.roiHead.test, scoreThr } }
    return { ...config, model: { ...model, roiHead } }
  }
  return config
}

/**
 * Suffixes of the names of activation maps: that of all channels, and those of the classes that may
 * be shown.
 */
function activationSuffixes(classes: readonly ClassName[], asked: number | undefined): string[] {
  if (asked !== undefined) return [activationSuffix(classes[asked].name)]
  return [null, ...classes.map(({ name }) => name)].map(activationSuffix)
}

function activationSuffix(category: string | null): string {
  return category === null ? '.activation' : `.activation_${fileNamePart(category)}`
}

/** Refuses to write over the images, before the first of them is detected in. */
async function requireApart(outputs: readonly string[], files: readonly string[]): Promise<void> {
  const replaced = await replacedInput(outputs, files)
  if (replaced !== undefined) {
    throw new ConfigError('--out', `would replace ${replaced}`, 'give another folder')
  }
}

function labelOf(name: string, classes: readonly ClassName[]): number {
  const label = classes.findIndex((known) => known.name === name)
  if (label >= 0) return label
  const meant = nearestWord(
    name,
    classes.map((known) => known.name),
  )
  throw new ConfigError(
    '--activation',
    `is '${name}', which is no class of the model`,
    meant ? `did you mean '${meant}'?` : 'give one of its classes, or name the images before it',
  )
}

function parseScore(text: string): number {
  const score = Number(text)
  if (text.trim() !== '' && score >= 0 && score <= 1) return score
  throw new InvalidArgumentError('Give a number from 0 to 1.')
}
