/**
 * Pictures a second that the training loader makes of coco128 - decoded, resized to fit 1333 x 800,
 * flipped and padded to batches of 4 - beside PyTorch's DataLoader with torchvision. Both make the
 * same batches of the same pictures at the same sizes, with the same number of workers, in turn.
 * PEERS_PYTHON names a Python with PyTorch and torchvision; without it only ours is timed. With
 * --masks ours makes the masks of the objects too, and PyTorch's still none.
 *
 * Run: PEERS_PYTHON=python3 npm run bench:data -- --data ../shared/data/coco128
 */
import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadCoco, TrainLoader, type TrainLoaderOptions } from '../datasets/index.js'
import { command, parseCount, run } from '../tools/cli/command.js'
import { showProgress } from '../tools/cli/show_progress.js'
import { compareTurns, comparisonLines, type DataComparison, type Turn } from './data_turns.js'
import { LaunchedPeer } from './peer.js'

interface Flags {
  data: string
  workers: number[]
  batches: number
  runs: number
  masks?: boolean
  json?: boolean
}

const RECIPE = {
  batchSize: 4,
  scales: [[1333, 800]],
  flip: 0.5,
  bucketStep: 32,
  seed: 0,
} as const
/** Batches of each turn before the timed ones: what a side had made ahead is gone then. */
const WARM_UP = 8
/**
 * Milliseconds after a turn in which its side makes batches ahead, before it is the other's turn.
 */
const REST = 2000

const program = command('data_loading', "Times the training loader beside PyTorch's DataLoader.")
  .name('npx tsx bench/data_loading.ts')
  .option('--data <folder>', 'coco128: annotations/ and train2017/', 'data/coco128')
  .option(
    '--workers <n...>',
    'threads or processes that make batches',
    (text, list: number[] = []) => [...list, parseCount(1)(text)],
  )
  .option(
    '--batches <n>',
    `timed batches of ${RECIPE.batchSize} pictures in each turn`,
    parseCount(1),
    31,
  )
  .option('--runs <n>', 'turns of each side', parseCount(1), 7)
  .option('--masks', 'ours makes the masks of the objects too')
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async (_, { data, workers = [1, 2], batches, runs, masks }, say) => {
  const annFile = join(data, 'annotations/instances_train2017.json')
  if (!(await isFile(annFile))) {
    say(`skipped: there is no coco128 at ${data}; name its folder with --data`)
    return { comparisons: [] }
  }
  const imageDir = join(data, 'train2017')
  const dataset = await loadCoco({ annFile, imageDir, mode: 'train', masks })
  const comparisons: DataComparison[] = []
  for (const count of workers) {
    const options = { ...RECIPE, dataset, workers: count, masks }
    const ours = new TrainLoader(options)
    const torch = await startTorch(options)
    const sides = [ourTurns(ours, batches), torch && (() => torchTurn(torch, batches))] as const
    const onProgress = showProgress('turns')
    const comparison = await compareTurns(count, sides, { runs, rest: REST, onProgress })
    torch?.stop()
    await ours.close()
    for (const line of comparisonLines(comparison)) say(line)
    comparisons.push(comparison)
  }
  if (comparisons.some(({ torch }) => !torch)) {
    say('PyTorch was skipped: PEERS_PYTHON names no Python that has it')
  }
  return { batches, runs, comparisons }
})

/** A side's turn: batches that are not timed, then `count` that are. */
function ourTurns(loader: TrainLoader, count: number): () => Promise<Turn> {
  const batches = loader.batches()
  const take = async (most: number) => {
    let pictures = 0
    for (let i = 0; i < most; i++) {
      const { value } = await batches.next()
      pictures += value!.imageIds.length
      loader.reuse(value!.tensors)
    }
    return pictures
  }
  return async () => {
    await take(WARM_UP)
    const startedAt = performance.now()
    const before = process.cpuUsage()
    const mainBefore = mainThreadSeconds()
    const pictures = await take(count)
    const { user, system } = process.cpuUsage(before)
    const seconds = (performance.now() - startedAt) / 1000
    const mainAfter = mainThreadSeconds()
    const mainSeconds = mainBefore === null || mainAfter === null ? null : mainAfter - mainBefore
    return { pictures, seconds, cpuSeconds: (user + system) / 1e6, mainSeconds }
  }
}

/** Seconds of the processors so far; null but on Linux, since Node 20 knows only the process's. */
function mainThreadSeconds(): number | null {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e9
  } catch {
    return null
  }
}

function torchTurn(peer: LaunchedPeer, count: number): Promise<Turn> {
  return peer.ask<Turn>(JSON.stringify({ warmUp: WARM_UP, batches: count }))
}

/** The DataLoader, told to repeat the batches of our first epoch. */
async function startTorch(options: TrainLoaderOptions): Promise<LaunchedPeer | undefined> {
  const python = process.env.PEERS_PYTHON
  const peer = LaunchedPeer.launch('data_loading.py', { python })
  if (!peer) return undefined
  const { workers, flip } = options
  await peer.ask(JSON.stringify({ workers, flip, batches: await firstEpoch(options) }))
  return peer
}

interface PeerBatch {
  /** Padded `[height, width]`. */
  size: number[]
  /** With their `[height, width]` before padding. */
  images: { file: string; size: number[] }[]
}

async function firstEpoch(options: TrainLoaderOptions): Promise<PeerBatch[]> {
  const files = new Map(options.dataset.samples.map(({ imageId, file }) => [imageId, file]))
  const loader = new TrainLoader({ ...options, masks: false, workers: 0 })
  const epoch: PeerBatch[] = []
  for await (const { tensors, imageIds } of loader.batches()) {
    const sizes = tensors.imageSizes.data
    const images = imageIds.map((id, i) => ({
      file: resolve(files.get(id)!),
      size: [...sizes.slice(2 * i, 2 * i + 2)],
    }))
    epoch.push({ size: tensors.images.shape.slice(1, 3), images })
    if (epoch.length === loader.iterationsPerEpoch) break
  }
  return epoch
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
