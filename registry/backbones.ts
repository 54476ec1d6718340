import { z } from 'zod'
import { AlexNet, type AlexNetOptions } from '../backbones/alexnet.js'
import type { Backbone } from '../backbones/backbone.js'
import { ResNet } from '../backbones/resnet.js'
import { type ResNetOptions, resNetDepths } from '../backbones/resnet_options.js'
import { SwinTransformer } from '../backbones/swin.js'
import { type SwinOptions, swinArchs } from '../backbones/swin_options.js'
import { VanillaNet } from '../backbones/vanillanet.js'
import {
  shortcuts,
  type VanillaNetOptions,
  vanillaNetArchs,
} from '../backbones/vanillanet_options.js'
import { ConfigError } from '../errors.js'
import { type ConfigOf, Registry } from './registry.js'
import { count, counts, fraction } from './schema_parts.js'

/** Options of each backbone by its name in configs. */
export interface BackboneRegistry {
  VanillaNet: Omit<VanillaNetOptions, 'form' | 'numClasses'>
  ResNet: Omit<ResNetOptions, 'form' | 'numClasses'>
  SwinTransformer: SwinOptions
  AlexNet: Omit<AlexNetOptions, 'form' | 'numClasses'>
}

export type BackboneConfig = ConfigOf<BackboneRegistry>

/** The form that weights are trained in, or the merged one that is deployed. */
export type Form = 'train' | 'deploy'

export interface BackboneContext {
  form: Form
  /** Set where the model is a classifier. */
  numClasses?: number
}

export const backbones = new Registry<BackboneRegistry, BackboneContext, Backbone>('backbone')

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
    deepTraining: z.boolean().optional(),
    shortcut: z.enum(shortcuts).optional(),
    dropRate: fraction().optional(),
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
      'type',
      'is SwinTransformer, which has no classifier here',
      'use a VanillaNet, a ResNet or an AlexNet, or make a detector of it',
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
    deepTraining: z.boolean().optional(),
    series: z.int().min(0).optional(),
  }),
  create: (options, { form, numClasses }) => new ResNet({ ...options, form, numClasses }),
})

backbones.register('AlexNet', {
  schema: z.object({
    dims: counts().optional(),
    hiddenFeatures: count().optional(),
    deepTraining: z.boolean().optional(),
    series: z.int().min(0).optional(),
    dropRate: fraction().optional(),
    outIndices: z.array(z.int()).optional(),
  }),
  create: (options, { form, numClasses }) => new AlexNet({ ...options, form, numClasses }),
})
