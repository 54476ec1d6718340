import { z } from 'zod'
import type { Backbone } from '../backbones/backbone.js'
import {
  Classifier,
  type ClassifierOptions,
  classifierLosses,
  isClassifier,
} from '../classifiers/classifier.js'
import { type Detector, isDetector } from '../detectors/detector.js'
import { MaskRCNN, type MaskRCNNOptions } from '../detectors/mask_rcnn.js'
import { RetinaNet, type RetinaNetOptions } from '../detectors/retinanet.js'
import { ConfigError } from '../errors.js'
import type { Neck } from '../necks/neck.js'
import type { Module } from '../nn/module.js'
import { type BackboneConfig, type BackboneContext, backbones, type Form } from './backbones.js'
import {
  type HeadConfig,
  heads,
  type RoIHeadConfig,
  type RPNHeadConfig,
  roiHeads,
  rpnHeads,
} from './heads.js'
import { type NeckConfig, necks } from './necks.js'
import { type ConfigOf, Registry } from './registry.js'
import { count, pixels } from './schema_parts.js'

/** Options of each whole model. */
export interface ModelRegistry {
  RetinaNet: Pick<RetinaNetOptions, 'pixelMean' | 'pixelStd'> & {
    numClasses: number
    backbone: BackboneConfig
    neck: NeckConfig
    head: HeadConfig
  }
  MaskRCNN: Pick<MaskRCNNOptions, 'pixelMean' | 'pixelStd'> & {
    numClasses: number
    backbone: BackboneConfig
    neck: NeckConfig
    rpnHead: RPNHeadConfig
    roiHead: RoIHeadConfig
  }
  /** A backbone with its classifier. */
  Classifier: Omit<ClassifierOptions, 'backbone'> & {
    numClasses: number
    backbone: BackboneConfig
  }
}

export type ModelConfig = ConfigOf<ModelRegistry>

export const models = new Registry<ModelRegistry, { form: Form }, Module>('model')

/** Builds the model that `config.model` describes, with new weights. */
export function buildModel(model: ModelConfig, { form = 'train' }: { form?: Form } = {}): Module {
  return models.create(model, { form })
}

/** Builds as `buildModel` does, for what needs a model that detects. */
export function buildDetector(model: ModelConfig, options: { form?: Form } = {}): Detector {
  return requireDetector(buildModel(model, options), model)
}

function requireDetector(built: Module, model: ModelConfig): Detector {
  if (isDetector(built)) return built
  throw new ConfigError(
    'model.type',
    `is ${model.type}, which detects nothing`,
    'choose a detector such as RetinaNet',
  )
}

/** A model that can be trained and evaluated. */
export type TrainableModel = Detector | Classifier

/** Builds as `buildModel` does, for what trains and evaluates. */
export function buildTrainable(model: ModelConfig, options: { form?: Form } = {}): TrainableModel {
  const built = buildModel(model, options)
  return isClassifier(built) ? built : requireDetector(built, model)
}

models.register('RetinaNet', {
  schema: z.object({
    numClasses: count(),
    backbone: backbones.schema,
    neck: necks.schema,
    head: heads.schema,
    ...pixels,
  }),
  create({ numClasses, pixelMean, pixelStd, ...parts }, context) {
    const { backbone, neck } = createPyramid(parts, context)
    const { strides } = neck
    const inChannels = neck.outChannels
    const head = heads.create(parts.head, { numClasses, inChannels, strides })
    return new RetinaNet({ backbone, neck, head, pixelMean, pixelStd })
  },
})

models.register('MaskRCNN', {
  schema: z.object({
    numClasses: count(),
    backbone: backbones.schema,
    neck: necks.schema,
    rpnHead: rpnHeads.schema,
    roiHead: roiHeads.schema,
    ...pixels,
  }),
  create({ numClasses, pixelMean, pixelStd, ...parts }, context) {
    const { backbone, neck } = createPyramid(parts, context)
    const { strides } = neck
    const roiStrides = strides.slice(0, neck.roiLevels)
    const inChannels = neck.outChannels
    const rpnHead = rpnHeads.create(parts.rpnHead, { inChannels, strides })
    const roiHead = roiHeads.create(parts.roiHead, { numClasses, inChannels, strides: roiStrides })
    return new MaskRCNN({ backbone, neck, rpnHead, roiHead, pixelMean, pixelStd })
  },
})

models.register('Classifier', {
  schema: z.object({
    numClasses: count(),
    backbone: backbones.schema,
    loss: z.enum(classifierLosses).optional(),
    labelSmoothing: z.number().min(0).lt(1).optional(),
    ...pixels,
  }),
  create({ numClasses, backbone, ...options }, context) {
    const built = backbones.create(backbone, { ...context, numClasses })
    return new Classifier({ ...options, backbone: built })
  },
})

/** @throws ConfigError where a neck does not report where its maps lie. */
function createPyramid(
  parts: { backbone: BackboneConfig; neck: NeckConfig },
  context: BackboneContext,
): { backbone: Backbone; neck: Neck } {
  const backbone = backbones.create(parts.backbone, context)
  const { outChannels: inChannels, strides: inStrides } = backbone
  const neck = necks.create(parts.neck, { inChannels, inStrides })
  const { strides, roiLevels } = neck as Partial<Neck>
  if (strides && roiLevels !== undefined) return { backbone, neck }
  throw new ConfigError(
    'neck.type',
    `is ${parts.neck.type}, which has no ${strides ? 'roiLevels' : 'strides'}`,
    "give the neck's class both strides and roiLevels, as necks/neck.ts has them: anchors would lie beside the objects without them",
  )
}
