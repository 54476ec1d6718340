/**
 * The first updates of a training run from scratch, ours and PyTorch's: the same initial weights,
 * images, groups and rates. Shows whether a run that jumps does so here only. Rounding differs, and
 * a run that jumps makes much of it: updates are comparable one by one at first, runs by how many
 * jump.
 *
 * Images are the first of coco128, one a batch. PEERS_PYTHON names a Python with PyTorch and
 * safetensors; without it only ours is run.
 *
 * Run: PEERS_PYTHON=python3 npm run bench:early -- --data ../shared/data/coco128
 */
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCoco, TrainLoader } from '../datasets/index.js'
import type { TrainBatch } from '../detectors/detector.js'
import type { Detector } from '../detectors/index.js'
import { type HostTree, openMemory, setSharedThreads } from '../engine/index.js'
import { requireCoco } from '../experiments/load_data.js'
import { buildDetector, type Config } from '../registry.js'
import { type ConfigFlags, command, configOptions, parseCount, run } from '../tools/cli/command.js'
import {
  type AdamWOptions,
  learningRateAt,
  makeOptimizer,
  paramGroups,
  saveModel,
  TrainState,
} from '../training/index.js'
import { singleBatchIterations } from '../training/iteration.js'
import { writeSafetensors } from '../weights/index.js'
import { type BenchFlags, benchConfig, peerNetwork } from './bench_command.js'
import { describeRun, type EarlyRun, type EarlyUpdate, firstDifference } from './early_run.js'
import { LaunchedPeer, type PeerGreeting } from './peer.js'

interface Flags extends ConfigFlags {
  threads: number
  data: string
  seeds: number[]
  iterations: number
  out?: string
}

/** What the run differs in from the recipe, before `--cfg-options`. */
const FROM_SCRATCH = [
  'optimizer.learningRate=5e-4',
  'optimizer.accumulate=1',
  'schedule.warmupIters=5',
  'schedule.epochs=1000',
  'schedule.decayEpochs=[]',
  'data.scales=[[512,320]]',
  'data.bucketStep=32',
  'data.train.limit=4',
]

const program = configOptions(
  command('early_training', 'Runs the first updates from scratch beside PyTorch.').name(
    'npx tsx bench/early_training.ts',
  ),
)
  .option('--data <folder>', 'coco128: annotations/ and train2017/', 'data/coco128')
  .option('--seeds <n...>', 'a run each', (text, seeds: number[] = []) => [
    ...seeds,
    parseCount(0)(text),
  ])
  .option('--iterations <n>', 'updates of a run', parseCount(1), 40)
  .option('--threads <n>', 'for each side', parseCount(1), availableParallelism())
  .option('--out <file>', 'add each finished run to this file, a line of JSON each')

await run<Flags>(program, async (_, flags, say) => {
  const { data, iterations, threads, out } = flags
  const annFile = join(data, 'annotations/instances_train2017.json')
  if (!(await isFile(annFile))) {
    say(`skipped: there is no coco128 at ${data}; name its folder with --data`)
    return { runs: [] }
  }
  setSharedThreads(threads)
  const runs: EarlyRun[] = []
  for (const seed of flags.seeds ?? [0, 1, 2, 3, 4]) {
    const config = configOf(flags, annFile, seed)
    const finished = await runSeed(config, { seed, iterations, threads })
    runs.push(finished)
    say(describeRun(finished))
    if (out) await appendFile(out, `${JSON.stringify(finished)}\n`)
  }
  if (runs.some(({ torch }) => !torch)) {
    say('PyTorch was skipped: PEERS_PYTHON names no Python that has it')
  }
  return { iterations, threads, runs }
})

function configOf({ cfgOptions, data }: Flags, annFile: string, seed: number): Config {
  const files = [`data.train.annFile=${annFile}`, `data.train.imageDir=${join(data, 'train2017')}`]
  const options = [...FROM_SCRATCH, ...files, `seed=${seed}`, ...cfgOptions]
  return benchConfig({ cfgOptions: options } as BenchFlags)
}

interface Setting {
  seed: number
  iterations: number
  threads: number
}

/** One side after the other, since each needs some gigabytes. */
async function runSeed(config: Config, setting: Setting): Promise<EarlyRun> {
  const folder = await mkdtemp(join(tmpdir(), 'early-training-'))
  try {
    const detector = buildDetector(config.model).initialize(setting.seed)
    const batches = await batchesOf(config, setting)
    const files = {
      weights: join(folder, 'weights.safetensors'),
      batches: join(folder, 'batches.safetensors'),
    }
    await saveModel(files.weights, detector, undefined)
    await writeSafetensors(files.batches, numbered(batches))
    const rates = batches.map((_, iteration) => rateAt(config, iteration))
    const spec = peerSpec(config, detector, { ...files, threads: setting.threads })
    const ours = await ownUpdates(config, detector, { batches, rates })
    const torch = await torchUpdates(spec, rates)
    return { seed: setting.seed, ours, torch, difference: torch && firstDifference(ours, torch) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function batchesOf(config: Config, { seed, iterations }: Setting) {
  const { train, scales, flip, bucketStep } = requireCoco(config)
  const dataset = await loadCoco({ ...train, mode: 'train' })
  const loader = new TrainLoader({
    dataset,
    seed,
    scales,
    flip,
    bucketStep,
    batchSize: 1,
    workers: 0,
  })
  const batches: HostTree<TrainBatch>[] = []
  for await (const { tensors } of loader.batches()) {
    if (batches.push(tensors) === iterations) break
  }
  await loader.close()
  return batches
}

function numbered(batches: readonly HostTree<TrainBatch>[]) {
  const named = batches.flatMap(({ images, imageSizes, boxesXyxy, labels }, i) =>
    Object.entries({ images, imageSizes, boxesXyxy, labels }).map(
      ([name, tensor]) => [`${i}.${name}`, tensor] as const,
    ),
  )
  return Object.fromEntries(named)
}

function rateAt({ optimizer, schedule }: Config, iteration: number): number {
  return learningRateAt(optimizer!.learningRate, schedule!, { iteration, iterationsPerEpoch: 4 })
}

function peerSpec(config: Config, detector: Detector, rest: object) {
  const optimizer = config.optimizer as AdamWOptions
  const { groups, groupOf } = paramGroups(trainableShapes(detector), optimizer)
  const members = groups.map((group, index) => ({
    ...group,
    names: Object.keys(groupOf).filter((name) => groupOf[name] === index),
  }))
  return {
    network: peerNetwork(config, [512, 512]),
    groups: members,
    betas: optimizer.betas ?? [0.9, 0.999],
    eps: optimizer.eps ?? 1e-8,
    maxGradNorm: optimizer.maxGradNorm ?? null,
    ...rest,
  }
}

async function ownUpdates(
  { optimizer: options }: Config,
  detector: Detector,
  { batches, rates }: { batches: readonly HostTree<TrainBatch>[]; rates: readonly number[] },
): Promise<EarlyUpdate[]> {
  const optimizer = makeOptimizer(options!, trainableShapes(detector))
  const state = TrainState.of(detector, optimizer.slots, { ema: false, memory: openMemory({}) })
  const { maxGradNorm } = options!
  const iterations = singleBatchIterations(detector, state, { optimizer, maxGradNorm })
  const updates: EarlyUpdate[] = []
  for (const [i, batch] of batches.entries()) {
    const { metrics, isUpdated } = await iterations.run({
      batches: [batch],
      learningRate: rates[i],
      step: i + 1,
      lambda: 1,
    })
    updates.push({ loss: metrics.loss, gradNorm: metrics.gradNorm })
    showUpdate('ours', updates)
    if (!isUpdated) break
  }
  await iterations.dispose()
  state.dispose()
  return updates
}

async function torchUpdates(spec: object, rates: readonly number[]) {
  const peer = LaunchedPeer.launch('early_training.py', { python: process.env.PEERS_PYTHON })
  if (!peer) return undefined
  try {
    await peer.ask<PeerGreeting>(JSON.stringify(spec))
    const updates: EarlyUpdate[] = []
    for (const [batch, learningRate] of rates.entries()) {
      updates.push(await peer.ask<EarlyUpdate>(JSON.stringify({ batch, learningRate })))
      showUpdate('PyTorch', updates)
      if (updates[batch].loss === null) break
    }
    return updates
  } finally {
    peer.stop()
  }
}

/** An update takes seconds. */
function showUpdate(side: string, updates: readonly EarlyUpdate[]): void {
  const { loss, gradNorm } = updates[updates.length - 1]
  process.stderr.write(`${side}, update ${updates.length}: loss ${loss}, norm ${gradNorm}\n`)
}

function trainableShapes(detector: Detector): Record<string, readonly number[]> {
  const trainable = detector.namedParameters().filter(([, parameter]) => parameter.trainable)
  return Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}
