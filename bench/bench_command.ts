import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { resolveSwinOptions } from '../backbones/swin_options.js'
import { resolveOptions } from '../backbones/vanillanet_options.js'
import headline from '../configs/retinanet_vanilla13.js'
import { resolveConfig } from '../experiments/load.js'
import type { BackboneConfig, Config } from '../registry.js'
import {
  type ConfigFlags,
  command,
  configOptions,
  parseCount,
  shapeOption,
} from '../tools/cli/command.js'

export interface BenchFlags extends ConfigFlags {
  /** Pixels. */
  shape: [height: number, width: number]
  runs: number
  warmup: number
  threads: number
}

/**
 * A command that times a config, `configs/retinanet_vanilla13.ts` as a rule, or what
 * `--cfg-options` make of it.
 */
export function benchCommand(
  name: string,
  summary: string,
  defaults: { shape: [number, number]; runs: number },
): Command {
  const { shape, runs } = defaults
  return configOptions(command(name, summary).name(`npx tsx bench/${name}.ts`))
    .addOption(shapeOption('input pixels').default(shape, shape.join(' ')))
    .option('--runs <n>', 'timed runs of each side', parseCount(1), runs)
    .option('--warmup <n>', 'runs of each side before those', parseCount(1), 2)
    .option('--threads <n>', 'for each side', parseCount(1), availableParallelism())
}

export function benchConfig({ cfgOptions }: BenchFlags, config: unknown = headline): Config {
  return resolveConfig(config, cfgOptions)
}

/** The network as the models of `bench/peers/` take it; `shape` is the input's. */
export function peerNetwork({ model }: Config, shape: readonly [number, number]) {
  const { backbone, numClasses } = model
  return { ...peerBackbone(backbone, shape), num_classes: numClasses }
}

function peerBackbone(backbone: BackboneConfig, shape: readonly [number, number]) {
  if (backbone.type === 'VanillaNet') {
    const { dims, strides, actNum, outIndices } = resolveOptions(backbone)
    return { type: backbone.type, dims, strides, act_num: actNum, out_indices: outIndices }
  }
  if (backbone.type === 'SwinTransformer') {
    const options = resolveSwinOptions(backbone)
    return {
      type: backbone.type,
      embed_dim: options.embedDim,
      depths: options.depths,
      num_heads: options.numHeads,
      window_size: options.windowSize,
      mlp_ratio: options.mlpRatio,
      out_indices: options.outIndices,
      shape,
    }
  }
  throw new Error(`the peers have no ${backbone.type}`)
}

/**
 * Trainable parameters of torchvision's second stage for the background: a box of 1024 channels, a
 * mask of 256.
 */
export const BACKGROUND_PARAMS = 4 * (1024 + 1) + (256 + 1)
