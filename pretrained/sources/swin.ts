import type { NameRule, Source } from '../name_rules.js'
import { withColumns } from '../tensor_changes.js'

/** Names of the Swin repository, whose names are ours. */
export const swinRepository: Source = {
  name: 'Swin Transformer, its official repository',
  sign: /^(?:backbone\.)?layers\.0\.downsample\.reduction\.weight$/,
  rules: [],
}

/**
 * timm, since 0.9, merges patches at the start of a stage and not at the end of the one before. The
 * four patches are concatenated in the same order.
 */
export const timmSwin: Source = {
  name: 'Swin Transformer, timm',
  sign: /^(?:backbone\.)?layers\.1\.downsample\.reduction\.weight$/,
  rules: [
    {
      from: /^(backbone\.)?layers\.([1-9])\.downsample\.(.+)$/,
      to: ([, prefix = '', stage, rest]) =>
        `${prefix}layers.${Number(stage) - 1}.downsample.${rest}`,
    },
    { from: /^head\.fc\.(weight|bias)$/, to: 'head.$1' },
  ],
}

/** torchvision counts stages and merges together, from 0 for the patches. */
export const torchvisionSwin: Source = {
  name: 'Swin Transformer, torchvision',
  sign: /^(?:backbone\.)?features\.1\.0\.attn\.relative_position_bias_table$/,
  rules: [
    { from: /^(backbone\.)?features\.0\.0\.(.+)$/, to: '$1patch_embed.proj.$2' },
    { from: /^(backbone\.)?features\.0\.2\.(.+)$/, to: '$1patch_embed.norm.$2' },
    {
      from: /^(backbone\.)?features\.([246])\.(norm|reduction)\.(.+)$/,
      to: ([, prefix = '', place, layer, rest]) =>
        `${prefix}layers.${Number(place) / 2 - 1}.downsample.${layer}.${rest}`,
    },
    {
      from: /^(backbone\.)?features\.([1357])\.(\d+)\.(.+)$/,
      to: ([, prefix = '', place, block, rest]) =>
        `${prefix}layers.${(Number(place) - 1) / 2}.blocks.${block}.${renamedMlp(rest)}`,
    },
  ],
}

/** Its MLP is a sequence: linear, GELU, dropout, linear. */
function renamedMlp(name: string): string {
  return name.replace(/^mlp\.0\./, 'mlp.fc1.').replace(/^mlp\.3\./, 'mlp.fc2.')
}

/**
 * Which of mmdetection's four patches is each of ours: theirs lie row by row, ours column by
 * column.
 */
const PATCH_ORDER = [0, 2, 1, 3]

/**
 * mmdetection has the patch as the fast index of the merged channels, where we have the channel.
 */
const patchOrder: NameRule = {
  from: /^(backbone\.)?stages\.(\d)\.(downsample\.(?:norm\.weight|norm\.bias|reduction\.weight))$/,
  to: '$1layers.$2.$3',
  change: {
    words: 'merged patches in another order',
    apply(tensor) {
      const width = tensor.shape[tensor.shape.length - 1]
      const channels = Math.floor(width / 4)
      const columns = Array.from({ length: width }, (_, i) => {
        const [patch, channel] = [Math.floor(i / channels), i % channels]
        return channel * 4 + PATCH_ORDER[patch]
      })
      return withColumns(tensor, columns)
    },
  },
}

/** mmdetection's own, since 2.14. */
export const mmdetectionSwin: Source = {
  name: 'Swin Transformer, mmdetection',
  sign: /^(?:backbone\.)?stages\.0\.blocks\.0\.attn\.w_msa\.qkv\.weight$/,
  rules: [
    { from: /^(backbone\.)?patch_embed\.projection\.(.+)$/, to: '$1patch_embed.proj.$2' },
    patchOrder,
    {
      from: /^(backbone\.)?stages\.(\d)\.blocks\.(\d+)\.attn\.w_msa\.(.+)$/,
      to: '$1layers.$2.blocks.$3.attn.$4',
    },
    {
      from: /^(backbone\.)?stages\.(\d)\.blocks\.(\d+)\.ffn\.layers\.0\.0\.(.+)$/,
      to: '$1layers.$2.blocks.$3.mlp.fc1.$4',
    },
    {
      from: /^(backbone\.)?stages\.(\d)\.blocks\.(\d+)\.ffn\.layers\.1\.(.+)$/,
      to: '$1layers.$2.blocks.$3.mlp.fc2.$4',
    },
    {
      from: /^(backbone\.)?stages\.(\d)\.blocks\.(\d+)\.(norm[12]\..+)$/,
      to: '$1layers.$2.blocks.$3.$4',
    },
  ],
}
