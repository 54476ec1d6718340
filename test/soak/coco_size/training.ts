import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { TrainingBatch, TrainLoader } from '../../../datasets/index.js'
import type { Placement } from '../../../engine/index.js'
import { buildDetector } from '../../../registry.js'
import { type TrainingBatches, train } from '../../../training/index.js'
import type { LogLine } from '../../../training/metrics_log.js'
import type { Counts } from './counts.js'
import type { Figure } from './figure.js'
import { loaderOf, openTraining, rehearsalOf } from './rehearsal.js'

/** One iteration, which is one update. */
interface Iteration {
  /** Number of the iteration, from 1. */
  iter: number
  /** Shapes of its batches: `4x800x1216`, images, height and width. */
  shapes: string[]
  /** Seconds. */
  time: number
  dataTime: number
  hasCompiled: boolean
  rssBytes: number
}

/** Iterations of the rehearsal as `train` takes them, without its evaluations. */
export async function measureTraining(
  folder: string,
  { iterations, ...counts }: Omit<Counts, 'batches'>,
): Promise<Figure[]> {
  const config = rehearsalOf(folder)
  const { schedule, model, seed = 0 } = config
  const optimizer = config.optimizer && { ...config.optimizer, ...counts }
  if (!optimizer || !schedule) throw new Error('the rehearsal has no optimizer or no schedule')
  const dataset = await openTraining(folder, false)
  const loader = loaderOf(folder, dataset)
  const { accumulate = 1 } = optimizer
  const batchShapes: string[] = []
  const done: Iteration[] = []
  const graphs: string[] = []
  const workDir = await mkdtemp(join(tmpdir(), 'rehearsal-'))
  try {
    await train({
      model: buildDetector(model).initialize(seed),
      loader: noting(loader, ({ tensors }) => {
        batchShapes.push(tensors.images.shape.slice(0, 3).join('x'))
      }),
      optimizer,
      schedule,
      logging: { interval: 1 },
      checkpoint: { interval: 1 },
      seed,
      classes: dataset.classes,
      config,
      maxIters: iterations,
      workDir: join(workDir, 'run'),
      compute: { onPlaced: ({ graph }: Placement) => graphs.push(graph) },
      progressStream: new PassThrough().resume(),
      hooks: {
        onLog({ iter, time, dataTime, compileTime }: LogLine) {
          done.push({
            iter,
            shapes: batchShapes.splice(0, accumulate),
            time: time as number,
            dataTime: dataTime as number,
            hasCompiled: compileTime !== undefined,
            rssBytes: process.memoryUsage().rss,
          })
        },
      },
    })
  } finally {
    await loader.close()
    await rm(workDir, { recursive: true })
  }
  return figuresOf(done, graphs)
}

/** A loader whose batches are shown to `note` as they are taken. */
function noting(loader: TrainLoader, note: (batch: TrainingBatch) => void): TrainingBatches {
  const { iterationsPerEpoch, shapeCount } = loader
  return {
    iterationsPerEpoch,
    shapeCount,
    reuse: (tensors) => loader.reuse(tensors),
    async *batches(start) {
      for await (const batch of loader.batches(start)) {
        note(batch)
        yield batch
      }
    },
  }
}

function figuresOf(done: readonly Iteration[], graphs: readonly string[]): Figure[] {
  const compiled = graphs.filter((name) => name !== 'updateStep')
  const lastCompiled = done.findLastIndex(({ hasCompiled }) => hasCompiled)
  const warm = done.filter(({ hasCompiled }) => !hasCompiled)
  const sum = (key: 'time' | 'dataTime') => warm.reduce((total, step) => total + step[key], 0)
  const flat = done.slice(lastCompiled + 1)
  if (flat.length < 2)
    throw new Error('the last graph was made at the very end; give more --iterations')
  const slowest = slowestOf(warm)
  return [
    { name: 'graphs of training steps', value: compiled.length, unit: '', bound: 16 },
    {
      name: 'slowest iteration that compiled nothing, by the median of its shapes',
      value: slowest.ratio,
      unit: 'x',
      bound: 3,
      note: `iteration ${slowest.iter}, of ${slowest.shapes.join(' ')}; mean ${(sum('time') / warm.length).toFixed(2)} s, of ${warm.length} iterations`,
    },
    {
      name: 'waiting for data',
      value: (100 * sum('dataTime')) / sum('time'),
      unit: '%',
      bound: 10,
    },
    {
      name: 'memory per 100 iterations',
      value: (100 * slopeOf(flat.map(({ rssBytes }) => rssBytes))) / 1e6,
      unit: 'MB',
      bound: 1,
      note: `over the ${flat.length} iterations after the last graph; ${Math.round(done[done.length - 1].rssBytes / 1e6)} MB at the end`,
    },
  ]
}

/**
 * The iteration that took longest for its shapes. With several batches an iteration, times are
 * compared by pixels, as iterations of the very same shapes hardly come twice.
 */
function slowestOf(iterations: readonly Iteration[]): Iteration & { ratio: number } {
  const isOneBatch = iterations.every(({ shapes }) => shapes.length === 1)
  const groupOf = ({ shapes }: Iteration) => (isOneBatch ? shapes[0] : 'all')
  const rateOf = ({ time, shapes }: Iteration) =>
    time / shapes.reduce((sum, shape) => sum + pixelsOf(shape), 0)
  const groups = new Map<string, number[]>()
  for (const iteration of iterations) {
    const rates = groups.get(groupOf(iteration)) ?? []
    groups.set(groupOf(iteration), [...rates, rateOf(iteration)])
  }
  const ratios = iterations.map((iteration) => {
    const rates = (groups.get(groupOf(iteration)) as number[]).toSorted((a, b) => a - b)
    return { ...iteration, ratio: rateOf(iteration) / rates[rates.length >> 1] }
  })
  return ratios.reduce((worst, next) => (next.ratio > worst.ratio ? next : worst))
}

function pixelsOf(shape: string): number {
  return shape.split('x').reduce((product, side) => product * Number(side), 1)
}

/** Rise per step of the line that fits best. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const spread = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
  return values.reduce((sum, value, i) => sum + (i - middle) * value, 0) / spread
}
