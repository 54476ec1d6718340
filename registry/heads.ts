import { z } from 'zod'
import { ConfigError } from '../errors.js'
import type { DenseHead } from '../heads/dense_head.js'
import { RetinaHead, type RetinaHeadOptions } from '../heads/retina_head.js'
import { RoIHead, type RoIHeadOptions } from '../heads/roi_head.js'
import { RPNHead, type RPNHeadOptions } from '../heads/rpn_head.js'
import { type ConfigOf, Registry, type SchemaOf } from './registry.js'
import {
  assigner,
  coder,
  count,
  counts,
  fraction,
  numbers,
  proposals,
  sampler,
  suppression,
} from './schema_parts.js'

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

export type HeadConfig = ConfigOf<HeadRegistry>
export type RPNHeadConfig = ConfigOf<RPNHeadRegistry>
export type RoIHeadConfig = ConfigOf<RoIHeadRegistry>

export interface HeadContext {
  numClasses: number
  /** Channels of the neck's feature maps. */
  inChannels: number
  /** Strides of the neck's feature maps, input pixels. */
  strides: readonly number[]
}

export const heads = new Registry<HeadRegistry, HeadContext, DenseHead>('head')
export const rpnHeads = new Registry<RPNHeadRegistry, Omit<HeadContext, 'numClasses'>, RPNHead>(
  'RPN head',
  'rpnHead',
)
export const roiHeads = new Registry<RoIHeadRegistry, HeadContext, RoIHead>('RoI head', 'roiHead')

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
    checkStrides('anchors.strides', anchors?.strides, strides)
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
    checkStrides('anchors.strides', anchors?.strides, strides)
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
    checkStrides('extractor.strides', extractor?.strides, strides)
    const known = { strides: [...strides], ...extractor }
    return new RoIHead({ ...options, ...context, extractor: known })
  },
})

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
