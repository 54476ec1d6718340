import type { DeviceName, Precision } from '../../engine/index.js'
import { COCO_SHAPE, type Shape } from '../../tools/cli/command.js'
import type { ModelName } from './models.js'

export const KINDS = ['parity', 'train', 'inference'] as const
export type Kind = (typeof KINDS)[number]

/** What one child process measures. */
export type Part = ParityPart | TrainingPart | InferencePart

interface PartBase {
  /** Name of the part, such as `train/retinanet_vanilla13/fp16/2`. */
  name: string
  precision: Precision
  batch: number
  shape: Shape
}

export interface ParityPart extends PartBase {
  kind: 'parity'
  model: ModelName
  steps: number
}

export interface TrainingPart extends PartBase {
  kind: 'train'
  model: ModelName
}

/** Two detectors that take turns with each other, so that their ratio is of one time. */
export interface InferencePart extends PartBase {
  kind: 'inference'
  models: readonly [ModelName, ModelName]
}

export interface PlanOptions {
  device: DeviceName
  short: boolean
}

const HEADLINE = ['retinanet_vanilla13', 'mask_rcnn_vanilla13'] as const
const FRAMEWORKS = ['retinanet', 'mask_rcnn'] as const
/** The images that the recipes train on, turned. */
const TRAIN_SHAPE: Shape = [800, 1344]

/** The most important parts first: what is left out when time ends is at the end. */
export function planParts({ device, short }: PlanOptions): Part[] {
  return short ? shortPlan() : fullPlan(device)
}

function fullPlan(device: DeviceName): Part[] {
  const precisions: Precision[] = device === 'cuda' ? ['fp16', 'tf32', 'fp32'] : ['fp32', 'fp16']
  const [fastest, ...others] = precisions
  const train = (batch: number, of: readonly Precision[]) =>
    of.flatMap((precision) =>
      HEADLINE.map((model) => trainingPart(model, { precision, batch, shape: TRAIN_SHAPE })),
    )
  const infer = (batch: number, of: readonly Precision[]) =>
    of.flatMap((precision) =>
      FRAMEWORKS.map((framework) =>
        inferencePart(framework, { precision, batch, shape: COCO_SHAPE }),
      ),
    )
  return [
    parityPart('retinanet_tiny_shapes', { batch: 2, shape: [160, 160], steps: 20 }),
    ...train(2, [fastest]),
    ...infer(1, [fastest]),
    ...train(2, others),
    parityPart('retinanet_vanilla13', { batch: 1, shape: [256, 320], steps: 20 }),
    ...infer(1, others),
    parityPart('mask_rcnn_vanilla13', { batch: 1, shape: [256, 320], steps: 20 }),
    ...train(8, precisions),
    ...infer(8, precisions),
    ...train(1, precisions),
  ]
}

/** Everything once, of a size that a processor computes in seconds. */
function shortPlan(): Part[] {
  const small = { batch: 1, shape: [64, 96] as Shape }
  return [
    parityPart('retinanet_tiny_shapes', { ...small, steps: 3 }),
    trainingPart('retinanet_vanilla13', { ...small, precision: 'fp32' }),
    inferencePart('retinanet', { ...small, precision: 'fp32' }),
    trainingPart('mask_rcnn_vanilla13', { ...small, precision: 'fp32' }),
    inferencePart('mask_rcnn', { ...small, precision: 'fp32' }),
    trainingPart('retinanet_vanilla13', { ...small, precision: 'fp16' }),
  ]
}

function parityPart(
  model: ModelName,
  options: Pick<ParityPart, 'batch' | 'shape' | 'steps'>,
): ParityPart {
  return { kind: 'parity', name: `parity/${model}`, model, precision: 'fp32', ...options }
}

function trainingPart(model: ModelName, options: Omit<PartBase, 'name'>): TrainingPart {
  const { precision, batch } = options
  return { kind: 'train', name: `train/${model}/${precision}/${batch}`, model, ...options }
}

function inferencePart(
  framework: (typeof FRAMEWORKS)[number],
  options: Omit<PartBase, 'name'>,
): InferencePart {
  const { precision, batch } = options
  return {
    kind: 'inference',
    name: `inference/${framework}/${precision}/${batch}`,
    models: [`${framework}_vanilla13`, `${framework}_swin_t`],
    ...options,
  }
}
