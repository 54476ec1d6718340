import { type Backbone, isMergeable } from '../backbones/index.js'
import { type Merged, reparameterize } from '../deploy/reparameterize.js'
import type { Detector } from '../detectors/index.js'
import { ConfigError } from '../errors.js'
import { randomizeNorms } from '../nn/index.js'
import { buildDetector, type Config, type Form } from '../registry.js'
import {
  type CheckpointMetadata,
  isFullMatch,
  loadWeights,
  matchWeights,
  readCheckpointMetadata,
  readSafetensorsHeader,
} from '../training/index.js'

/** Instead of a checkpoint: new weights, with BatchNorm statistics as a trained network might have them. */
export const RANDOM = 'random'

export interface LoadedDetector {
  detector: Detector
  form: Form
  /** What the checkpoint says of itself; undefined for random weights and for those from elsewhere. */
  metadata: CheckpointMetadata | undefined
}

export interface LoadOptions {
  /** The form to bring it into. @default the form it was saved in */
  form?: Form
  /** Without `form`: the deploy form if there is one, and deep training has ended. @default false */
  preferDeploy?: boolean
  /** The trained weights, or their running averages, which a checkpoint of a run with `ema` has. @default 'model' */
  weights?: 'model' | 'ema'
}

/**
 * Builds the detector of a config with the weights of a checkpoint; weights in training form are merged
 * where the deploy form is asked for.
 *
 * @param checkpoint a `.safetensors` file, or `random`.
 */
export async function loadDetector(
  config: Config,
  checkpoint: string,
  { form, preferDeploy = false, weights = 'model' }: LoadOptions = {},
): Promise<LoadedDetector> {
  const loaded =
    checkpoint === RANDOM ? randomDetector(config) : await readDetector(config, checkpoint, weights)
  const { lambda = 1 } = loaded.metadata ?? {}
  const canMerge = lambda === 1 && hasDeployForm(loaded.detector)
  const wanted = form ?? (preferDeploy && canMerge ? 'deploy' : loaded.form)
  if (wanted === loaded.form) return loaded
  if (wanted === 'train') {
    throw new ConfigError(
      '--form',
      `is train, but ${checkpoint} holds the deploy form`,
      'leave it out, or give the checkpoint it was merged from',
    )
  }
  await mergeDetector(loaded)
  return { ...loaded, form: wanted }
}

/** True where training form and deploy form differ. */
export function hasDeployForm(detector: Detector): boolean {
  return hasBackbone(detector) && isMergeable(detector.backbone)
}

/** Merges a detector in place into its deploy form, with the self-check of `reparameterize`. */
export async function mergeDetector({ detector, metadata }: LoadedDetector): Promise<Merged> {
  if (!hasBackbone(detector)) {
    throw new ConfigError(
      'model.type',
      `is ${detector.constructor.name}, which has no deploy form`,
      'use its weights as they are',
    )
  }
  return reparameterize(detector, { lambda: metadata?.lambda })
}

function hasBackbone(detector: Detector): detector is Detector & { backbone: Backbone } {
  return 'backbone' in detector
}

function randomDetector(config: Config): LoadedDetector {
  const seed = config.seed ?? 0
  const detector = buildDetector(config.model).initialize(seed)
  randomizeNorms(detector, seed)
  return { detector, form: 'train', metadata: undefined }
}

async function readDetector(
  config: Config,
  path: string,
  weights: 'model' | 'ema',
): Promise<LoadedDetector> {
  const metadata = await readCheckpointMetadata(path)
  const { shapes } = await readSafetensorsHeader(path)
  const form = isDeployForm(config, shapes) ? 'deploy' : 'train'
  const detector = buildDetector(config.model, { form })
  await loadWeights(detector, path, { weights })
  return { detector, form, metadata }
}

/** The names of the weights tell the form; a network with one form is in training form. */
function isDeployForm(config: Config, shapes: Record<string, number[]>): boolean {
  if (!hasDeployForm(buildDetector(config.model))) return false
  const deploy = buildDetector(config.model, { form: 'deploy' }).namedParameters()
  const expected = Object.fromEntries(deploy.map(([name, { shape }]) => [name, shape]))
  return isFullMatch(matchWeights(expected, shapes))
}
