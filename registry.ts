/**
 * Names in configs -> constructors and their schema. This is the file a config imports.
 *
 * A network of your own joins by one visible line in a file that the config imports,
 * `backbones.register('MyNet', { schema, create })`, and by telling TypeScript of its options:
 * `declare module 'vanilladet' { interface BackboneRegistry { MyNet: MyNetOptions } }`.
 */
import { z } from 'zod'
import type { Backbone } from './backbones/backbone.js'
import { ResNet } from './backbones/resnet.js'
import { type ResNetOptions, resNetDepths } from './backbones/resnet_options.js'
import { SwinTransformer } from './backbones/swin.js'
import { type SwinOptions, swinArchs } from './backbones/swin_options.js'
import { VanillaNet } from './backbones/vanillanet.js'
import { type VanillaNetOptions, vanillaNetArchs } from './backbones/vanillanet_options.js'
import { Detector } from './detectors/detector.js'
import { MaskRCNN, type MaskRCNNOptions } from './detectors/mask_rcnn.js'
import { RetinaNet, type RetinaNetOptions } from './detectors/retinanet.js'
import { ConfigError } from './errors.js'
import { RetinaHead, type RetinaHeadOptions } from './heads/retina_head.js'
import { RoIHead, type RoIHeadOptions } from './heads/roi_head.js'
import { RPNHead, type RPNHeadOptions } from './heads/rpn_head.js'
import { FPN, type FPNOptions } from './necks/fpn.js'
import type { Neck } from './necks/neck.js'
import type { Module } from './nn/module.js'
import type { Experiment } from './registry/config.js'
import { type ConfigOf, Registry, type SchemaOf } from './registry/registry.js'
import {
  assigner,
  coder,
  count,
  counts,
  fraction,
  numbers,
  pixels,
  proposals,
  sampler,
  suppression,
} from './registry/schema_parts.js'

export type {
  CheckpointConfig,
  DataConfig,
  EmaConfig,
  EvaluationConfig,
  LoggingConfig,
  SplitConfig,
} from './registry/config.js'
export type { ConfigOf, Entry, SchemaOf } from './registry/registry.js'

/** Options of each backbone by its name in configs. */
export interface BackboneRegistry {
  VanillaNet: Omit<VanillaNetOptions, 'form' | 'numClasses'>
  ResNet: Omit<ResNetOptions, 'numClasses'>
  SwinTransformer: SwinOptions
}

/** Options of each neck; the backbone decides `inChannels` and `inStrides`. */
export interface NeckRegistry {
  FPN: Omit<FPNOptions, 'inChannels' | 'inStrides'>
}

/** Options of each head; the neck decides `inChannels`, the model `numClasses`. */
export interface HeadRegistry {
  RetinaHead: Omit<RetinaHeadOptions, 'inChannels' | 'numClasses'>
}

/** Options of each first stage; the neck decides `inChannels`. */
export interface RPNHeadRegistry {
  RPNHead: Omit<RPNHeadOptions, 'inChannels'>
}

/** Options of each second stage; the neck decides `inChannels`, the model `numClasses`. */
export interface RoIHeadRegistry {
  RoIHead: Omit<RoIHeadOptions, 'inChannels' | 'numClasses'>
}

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
  /** A backbone with its classifier, for counting and timing. */
  Classifier: { numClasses: number; backbone: BackboneConfig }
}

export type BackboneConfig = ConfigOf<BackboneRegistry>
export type NeckConfig = ConfigOf<NeckRegistry>
export type HeadConfig = ConfigOf<HeadRegistry>
export type RPNHeadConfig = ConfigOf<RPNHeadRegistry>
export type RoIHeadConfig = ConfigOf<RoIHeadRegistry>
export type ModelConfig = ConfigOf<ModelRegistry>
export type Config = Experiment<ModelConfig>

/** The form that weights are trained in, or the merged one that is deployed. */
export type Form = 'train' | 'deploy'

export interface BackboneContext {
  form: Form
  /** Set where the model is a classifier. */
  numClasses?: number
}

export interface NeckContext {
  /** Channels of the backbone's feature maps. */
  inChannels: readonly number[]
  /** Their strides, input pixels. */
  inStrides: readonly number[]
}

export interface HeadContext {
  numClasses: number
  /** Channels of the neck's feature maps. */
  inChannels: number
  /** Strides of the neck's feature maps, input pixels. */
  strides: readonly number[]
}

export const backbones = new Registry<BackboneRegistry, BackboneContext, Backbone>('backbone')
export const necks = new Registry<NeckRegistry, NeckContext, Neck>('neck')
export const heads = new Registry<HeadRegistry, HeadContext, RetinaHead>('head')
export const rpnHeads = new Registry<RPNHeadRegistry, Omit<HeadContext, 'numClasses'>, RPNHead>(
  'RPN head',
)
export const roiHeads = new Registry<RoIHeadRegistry, HeadContext, RoIHead>('RoI head')
export const models = new Registry<ModelRegistry, { form: Form }, Module>('model')

/** Returns `config` as it is; an editor completes and checks it by its type. */
export function defineConfig(config: Config): Config {
  return config
}

/** Builds the model that `config.model` describes, with new weights. */
export function buildModel(model: ModelConfig, { form = 'train' }: { form?: Form } = {}): Module {
  return models.create(model, { form })
}

/** As `buildModel`, for what needs a model that detects. */
export function buildDetector(model: ModelConfig, options: { form?: Form } = {}): Detector {
  const built = buildModel(model, options)
  if (built instanceof Detector) return built
  throw new ConfigError(
    'model.type',
    `is ${model.type}, which detects nothing`,
    'use it with get_flops, or choose a detector such as RetinaNet',
  )
}

backbones.register('VanillaNet', {
  schema: z.object({
    // On a command line `arch=13` is a number.
    arch: z.preprocess(
      (arch) => (typeof arch === 'number' ? String(arch) : arch),
      z.enum(vanillaNetArchs).optional(),
    ),
    dims: counts().optional(),
    strides: counts().optional(),
    adaPool: z.array(z.int().min(0)).optional(),
    actNum: z.int().min(0).optional(),
    outIndices: z.array(z.int()).optional(),
    normEval: z.boolean().optional(),
    init: z.enum(['classification', 'detection']).optional(),
  }),
  create: (options, { form, numClasses }) => new VanillaNet({ ...options, form, numClasses }),
})

backbones.register('SwinTransformer', {
  schema: z.object({
    arch: z.enum(swinArchs).optional(),
    embedDim: count().optional(),
    depths: counts().optional(),
    numHeads: counts().optional(),
    windowSize: count().optional(),
    mlpRatio: z.number().positive().optional(),
    dropPathRate: fraction().optional(),
    outIndices: z.array(z.int()).optional(),
  }),
  create(options, { numClasses }) {
    if (numClasses === undefined) return new SwinTransformer(options)
    throw new ConfigError(
      'model.backbone.type',
      'is SwinTransformer, which has no classifier here',
      'use a VanillaNet or a ResNet, or make a detector of it',
    )
  },
})

backbones.register('ResNet', {
  schema: z.object({
    depth: z.literal(resNetDepths),
    baseChannels: count().optional(),
    outIndices: z.array(z.int()).optional(),
    frozenStages: z.int().optional(),
    normEval: z.boolean().optional(),
  }),
  create: (options, { numClasses }) => new ResNet({ ...options, numClasses }),
})

necks.register('FPN', {
  schema: z.object({
    outChannels: count().optional(),
    numOuts: count().optional(),
    addExtraConvs: z.union([z.literal('on_input'), z.literal(false)]).optional(),
    startLevel: z.int().min(0).optional(),
  }),
  create: (options, context) => new FPN({ ...options, ...context }),
})

const retinaHead: SchemaOf<HeadRegistry['RetinaHead']> = z.object({
  featChannels: count().optional(),
  stackedConvs: z.int().min(0).optional(),
  anchors: z
    .strictObject({
      strides: counts().optional(),
      octaveBaseScale: z.number().positive().optional(),
      scalesPerOctave: count().optional(),
      ratios: numbers().min(1).optional(),
    })
    .meta({ title: 'anchors' })
    .optional(),
  assigner: assigner(),
  focalLoss: z
    .strictObject({ alpha: fraction().optional(), gamma: z.number().min(0).optional() })
    .meta({ title: 'focalLoss' })
    .optional(),
  test: z
    .strictObject({ nmsPre: count().optional(), ...suppression })
    .meta({ title: 'test' })
    .optional(),
})

heads.register('RetinaHead', {
  schema: retinaHead,
  create({ anchors, ...options }, { strides, ...context }) {
    return new RetinaHead({
      ...options,
      ...context,
      anchors: { strides: [...strides], ...anchors },
    })
  },
})

rpnHeads.register('RPNHead', {
  schema: z.object({
    featChannels: count().optional(),
    anchors: z
      .strictObject({
        strides: counts().optional(),
        scales: z.array(z.number().positive()).min(1).optional(),
        ratios: numbers().min(1).optional(),
      })
      .meta({ title: 'anchors' })
      .optional(),
    assigner: assigner(),
    sampler: sampler(),
    train: proposals('train'),
    test: proposals('test'),
  }),
  create({ anchors, ...options }, { strides, ...context }) {
    return new RPNHead({ ...options, ...context, anchors: { strides: [...strides], ...anchors } })
  },
})

roiHeads.register('RoIHead', {
  schema: z.object({
    extractor: z
      .strictObject({
        strides: counts().optional(),
        finestScale: z.number().positive().optional(),
        samplingRatio: count().optional(),
      })
      .meta({ title: 'extractor' })
      .optional(),
    bbox: z
      .strictObject({
        roiSize: count().optional(),
        fcChannels: count().optional(),
        coder: coder(),
      })
      .meta({ title: 'bbox' })
      .optional(),
    mask: z
      .strictObject({
        roiSize: count().optional(),
        numConvs: z.int().min(0).optional(),
        convChannels: count().optional(),
      })
      .meta({ title: 'mask' })
      .optional(),
    assigner: assigner(),
    sampler: sampler(),
    test: z.strictObject(suppression).meta({ title: 'test' }).optional(),
  }),
  create({ extractor, ...options }, { strides, ...context }) {
    const known = { strides: [...strides], ...extractor }
    return new RoIHead({ ...options, ...context, extractor: known })
  },
})

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
    checkStrides('model.head.anchors.strides', parts.head.anchors?.strides, strides)
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
    checkStrides('model.rpnHead.anchors.strides', parts.rpnHead.anchors?.strides, strides)
    checkStrides('model.roiHead.extractor.strides', parts.roiHead.extractor?.strides, roiStrides)
    const inChannels = neck.outChannels
    const rpnHead = rpnHeads.create(parts.rpnHead, { inChannels, strides })
    const roiHead = roiHeads.create(parts.roiHead, { numClasses, inChannels, strides: roiStrides })
    return new MaskRCNN({ backbone, neck, rpnHead, roiHead, pixelMean, pixelStd })
  },
})

models.register('Classifier', {
  schema: z.object({ numClasses: count(), backbone: backbones.schema }),
  create: ({ numClasses, backbone }, context) =>
    backbones.create(backbone, { ...context, numClasses }),
})

/** @throws ConfigError where a neck does not say where its maps lie. */
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
    'model.neck.type',
    `is ${parts.neck.type}, which has no ${strides ? 'roiLevels' : 'strides'}`,
    "give the neck's class both strides and roiLevels, as necks/neck.ts has them: anchors would lie beside the objects without them",
  )
}

/**
 * With other strides than the feature maps', anchors and RoIs would lie beside the objects,
 * silently.
 */
function checkStrides(
  where: string,
  given: readonly number[] | undefined,
  actual: readonly number[],
): void {
  if (!given || given.join() === actual.join()) return
  throw new ConfigError(
    where,
    `is ${JSON.stringify(given)}, but the feature maps have the strides ${JSON.stringify(actual)}`,
    'leave it out to use those',
  )
}
