import { existsSync } from 'node:fs'
import { type Backbone, isMergeable } from '../backbones/backbone.js'
import { type Merged, reparameterize } from '../deploy/reparameterize.js'
import type { Detector } from '../detectors/detector.js'
import { ConfigError, DataError } from '../errors.js'
import { randomizeNorms } from '../nn/randomize_norms.js'
import { reportLines } from '../pretrained/describe_report.js'
import {
  type PretrainedReport,
  requireExplained,
  tensorsOfModel,
} from '../pretrained/explain_match.js'
import { type Pretrained, readPretrained } from '../pretrained/read_pretrained.js'
import { isOfAverages } from '../pretrained/wrappers.js'
import {
  buildDetector,
  buildTrainable,
  type Config,
  type Form,
  type TrainableModel,
} from '../registry.js'
import { findCheckpoint } from '../training/find_checkpoint.js'
import { type CheckpointMetadata, readCheckpointMetadata } from '../weights/checkpoint_metadata.js'
import { fillWeights } from '../weights/fill_weights.js'
import { trainStatePath } from '../weights/load_weights.js'
import { isKeyOfAverages } from '../weights/torch/find_weights.js'
import { matchForm, otherActNum, withActNum } from './match_form.js'

/**
 * Instead of a checkpoint: new weights, with BatchNorm statistics as a trained network might have
 * them.
 */
export const RANDOM = 'random'

/** Prefix of the averages in a checkpoint's file of the training state. */
const OWN_AVERAGES = 'ema.'

/** A model with its weights. */
export interface LoadedModel {
  model: TrainableModel
  form: Form
  /**
   * What the checkpoint records of itself, of weights from elsewhere the classes; undefined where
   * it records nothing.
   */
  metadata: Partial<CheckpointMetadata> | undefined
  /** Number of the first epoch, from 1, whose checkpoint can be merged, with deep training. */
  mergesFrom?: number
  /** True where the file holds a backbone alone, and the rest of the detector has new weights. */
  isBackboneAlone: boolean
}

/** A detector with its weights. */
export interface LoadedDetector extends Omit<LoadedModel, 'model'> {
  detector: Detector
}

export interface LoadOptions {
  /** The form to bring it into. @default the form it was saved in */
  form?: Form
  /**
   * Without `form`: the deploy form if there is one, and deep training has ended. @default false
   */
  preferDeploy?: boolean
  /**
   * The trained weights, or their running averages, which a checkpoint of a run with `ema` has.
   * @default the trained weights; of a file from elsewhere the averages where it has some
   */
  weights?: 'model' | 'ema'
  /**
   * What must be in the file: the whole model, or the backbone, which a classifier's file has too.
   * @default 'model'
   */
  part?: 'model' | 'backbone'
  /** Takes a file that holds a backbone alone, too. @default false */
  allowBackbone?: boolean
  /** Takes the report on weights that are not just those of the model. */
  say?(line: string): void
}

/** As `loadModel`, for what needs a detector. */
export async function loadDetector(
  config: Config,
  checkpoint: string,
  options: LoadOptions = {},
): Promise<LoadedDetector> {
  buildDetector(config.model) // refuses what detects nothing before a file is read
  const { model, ...loaded } = await loadModel(config, checkpoint, options)
  return { detector: model as Detector, ...loaded }
}

/**
 * Builds the model of a config with the weights of a checkpoint; weights in training form are
 * merged where the deploy form is asked for.
 *
 * @param checkpoint a `.safetensors` or `.pth` file, of this or another project; a work dir or
 *   its `latest` file, for its newest checkpoint; or `random`.
 */
export async function loadModel(
  config: Config,
  checkpoint: string,
  { form, preferDeploy = false, ...options }: LoadOptions = {},
): Promise<LoadedModel> {
  const read =
    checkpoint === RANDOM ? randomModel(config) : await readModel(config, checkpoint, options)
  const loaded = { ...read, mergesFrom: mergesFrom(config) }
  const { lambda = 1 } = loaded.metadata ?? {}
  const canMerge = lambda === 1 && hasDeployForm(loaded.model)
  const wanted = form ?? (preferDeploy && canMerge ? 'deploy' : loaded.form)
  if (wanted === loaded.form) return loaded
  if (wanted === 'train') {
    throw new ConfigError(
      '--form',
      `is train, but ${checkpoint} holds the deploy form`,
      'leave it out, or give the checkpoint it was merged from',
    )
  }
  await mergeModel(loaded)
  return { ...loaded, form: wanted }
}

/** The epoch whose checkpoint is the first with lambda 1. */
function mergesFrom({ schedule }: Config): number | undefined {
  return schedule?.deepTraining && schedule.deepTraining.decayEpochs + 1
}

/** The file that a CHECKPOINT argument stands for; undefined for `random`. */
export async function checkpointFile(checkpoint: string): Promise<string | undefined> {
  return checkpoint === RANDOM ? undefined : findCheckpoint(checkpoint)
}

/** True where training form and deploy form differ. */
export function hasDeployForm(model: TrainableModel): boolean {
  return hasBackbone(model) && isMergeable(model.backbone)
}

/** As `mergeModel`. */
export function mergeDetector({
  detector,
  ...loaded
}: Pick<LoadedDetector, 'detector' | 'metadata' | 'mergesFrom'>): Promise<Merged> {
  return mergeModel({ model: detector, ...loaded })
}

/** Merges a model in place into its deploy form, with the self-check of `reparameterize`. */
export async function mergeModel({
  model,
  metadata,
  mergesFrom,
}: Pick<LoadedModel, 'model' | 'metadata' | 'mergesFrom'>): Promise<Merged> {
  if (!hasBackbone(model)) {
    throw new ConfigError(
      'model.type',
      `is ${model.constructor.name}, which has no deploy form`,
      'use its weights as they are',
    )
  }
  return reparameterize(model, { lambda: metadata?.lambda, mergesFrom })
}

function hasBackbone(model: TrainableModel): model is TrainableModel & { backbone: Backbone } {
  return 'backbone' in model
}

function randomModel(config: Config): LoadedModel {
  const seed = config.seed ?? 0
  const model = buildTrainable(config.model).initialize(seed)
  randomizeNorms(model, seed)
  return { model, form: 'train', metadata: undefined, isBackboneAlone: false }
}

async function readModel(
  config: Config,
  checkpoint: string,
  { weights, part = 'model', allowBackbone = false, say = () => {} }: LoadOptions,
): Promise<LoadedModel> {
  const pretrained = await readWeights(await findCheckpoint(checkpoint), weights)
  let { model: described } = config
  let match = matchForm(described, pretrained, { weights, part })
  // A backbone alone is what its weights are: those of ImageNet have smaller kernels than the
  // detectors here.
  const actNum = part === 'backbone' ? otherActNum(described, match.adapted) : undefined
  if (actNum !== undefined) {
    say(
      `${pretrained.path}: its kernels are those of model.backbone.actNum=${actNum}, which is taken`,
    )
    described = withActNum(described, actNum)
    match = matchForm(described, pretrained, { weights, part })
  }
  const { form, report, tensors } = match
  requireKind(report, pretrained, weights)
  const isBackboneAlone = holdsBackboneAlone(report)
  if (isBackboneAlone && part === 'model' && !allowBackbone) throw backboneAlone(pretrained.path)
  requireExplained(report)
  if (!isBackboneAlone && part === 'model') requireWhole(report)
  if (isWorthReporting(report, pretrained)) {
    for (const line of reportLines(report, 'the others are not used')) say(line)
  }
  const model = buildTrainable(described, { form })
  await fillWeights(model, tensors)
  return { model, form, metadata: await metadataOf(pretrained), isBackboneAlone }
}

/** The weights of a file; the averages of a checkpoint of ours are in the file beside it. */
async function readWeights(path: string, weights: LoadOptions['weights']): Promise<Pretrained> {
  const pretrained = await readPretrained(path, { weights })
  const statePath = trainStatePath(path)
  const isOurs = pretrained.format === 'safetensors' && existsSync(statePath)
  if (weights !== 'ema' || !isOurs) return pretrained
  const state = await readPretrained(statePath)
  const averages = Object.entries(state.tensors).flatMap(([name, tensor]) => {
    return name.startsWith(OWN_AVERAGES) ? [[name.slice(OWN_AVERAGES.length), tensor] as const] : []
  })
  if (averages.length === 0) throw noAverages(path)
  return { ...pretrained, key: OWN_AVERAGES, tensors: Object.fromEntries(averages) }
}

/** Refuses a file that does not have the weights, trained or averaged, that were asked for. */
function requireKind(
  { prefix = '' }: PretrainedReport,
  { path, key }: Pretrained,
  weights: LoadOptions['weights'],
): void {
  const isAverages = key === OWN_AVERAGES || isKeyOfAverages(key) || isOfAverages(prefix)
  if (weights === 'ema' && !isAverages) throw noAverages(path)
  if (weights !== 'model' || !isAverages) return
  throw new DataError(path, 'it holds running averages alone', 'leave out --weights model')
}

function noAverages(path: string): DataError {
  return new DataError(path, 'it holds no running averages', 'leave out --weights ema')
}

/** True where nothing was found for the rest of a detector. */
function holdsBackboneAlone({ loaded, missing, otherShape }: PretrainedReport): boolean {
  const isRest = ({ name }: { name: string }) => !name.startsWith('backbone.')
  return missing.some(isRest) && loaded.length > 0 && ![...loaded, ...otherShape].some(isRest)
}

function backboneAlone(path: string): DataError {
  return new DataError(
    path,
    'it holds a backbone alone, so that the rest of the detector would be random',
    'train the detector from it with train --load-from, or export it with export_onnx --part backbone',
  )
}

/** Refuses weights that leave a part of the model as it was drawn, for a reason that is known. */
function requireWhole(report: PretrainedReport): void {
  const { path, missing, otherShape, classes } = report
  if (otherShape.length > 0) {
    const [{ name, found, expected }] = otherShape
    const shapes = `${name} is [${found.join(', ')}], not [${expected.join(', ')}]`
    const number = classes?.length ?? 'their number'
    throw new DataError(
      path,
      `it was trained for another number of classes (${shapes})`,
      `set model.numClasses to ${number}, or train from it with train --load-from`,
    )
  }
  if (missing.length > 0) {
    const [{ name, because }] = missing
    const rest = missing.length > 1 ? ', ...' : ''
    throw new DataError(
      path,
      `${missing.length} of ${tensorsOfModel(report)} tensors of the model are not in it (${name}${rest}): ${because}`,
      'train the model from it with train --load-from',
    )
  }
}

/** False for a whole file with the names of the model, as those of runs here. */
function isWorthReporting(report: PretrainedReport, { format }: Pretrained): boolean {
  const { prefix, missing, unexpected, notes } = report
  const isPlain = prefix === undefined && missing.length + unexpected.length + notes.length === 0
  return format !== 'safetensors' || !isPlain
}

async function metadataOf({ path, format, classes }: Pretrained) {
  const own = format === 'safetensors' ? await readCheckpointMetadata(path) : undefined
  return own ?? (classes && { classes })
}
