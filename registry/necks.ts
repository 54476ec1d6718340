import { z } from 'zod'
import { FPN, type FPNOptions } from '../necks/fpn.js'
import type { Neck } from '../necks/neck.js'
import { type ConfigOf, Registry } from './registry.js'
import { count } from './schema_parts.js'

/** Options of each neck; the backbone decides `inChannels` and `inStrides`. */
export interface NeckRegistry {
  FPN: Omit<FPNOptions, 'inChannels' | 'inStrides'>
}

export type NeckConfig = ConfigOf<NeckRegistry>

export interface NeckContext {
  /** Channels of the backbone's feature maps. */
  inChannels: readonly number[]
  /** Their strides, input pixels. */
  inStrides: readonly number[]
}

export const necks = new Registry<NeckRegistry, NeckContext, Neck>('neck')

necks.register('FPN', {
  schema: z.object({
    outChannels: count().optional(),
    numOuts: count().optional(),
    addExtraConvs: z.union([z.literal('on_input'), z.literal(false)]).optional(),
    startLevel: z.int().min(0).optional(),
  }),
  create: (options, context) => new FPN({ ...options, ...context }),
})
