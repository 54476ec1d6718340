import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { TrainingBatch, TrainLoader } from '../../../datasets/index.js'
import type { Placement } from '../../../engine/index.js'
import { buildDetector } from '../../../registry.js'
import { type TrainingBatches, train } from '../../../training/index.js'
import type { LogLine } from '../../../training/metrics_log.js'
import type { Figure } from './figure.js'
import type { Counts } from './measure.js'
import { loaderOf, openTraining, rehearsalOf } from './rehearsal.js'

/** One iteration, which is one update. */
interface Iteration {
  /** Of all its batches, padding included. */
  pixels: number
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
  const batchPixels: number[] = []
  const done: Iteration[] = []
  const graphs: string[] = []
  const workDir = await mkdtemp(join(tmpdir(), 'rehearsal-'))
  try {
    await train({
      detector: buildDetector(model).initialize(seed),
      loader: noting(loader, ({ tensors }) => {
        const [images, height, width] = tensors.images.shape
        batchPixels.push(images * height * width)
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
        onLog({ time, dataTime, compileTime }: LogLine) {
          done.push({
            pixels: batchPixels.splice(0, accumulate).reduce((sum, pixels) => sum + pixels, 0),
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
  const rates = warm.map(({ time, pixels }) => time / pixels).sort((a, b) => a - b)
  const sum = (key: 'time' | 'dataTime') => warm.reduce((total, step) => total + step[key], 0)
  const flat = done.slice(lastCompiled + 1)
  if (flat.length < 2)
    throw new Error('the last graph was made at the very end; give more --iterations')
  const median = rates[rates.length >> 1]
  return [
    { name: 'graphs of training steps', value: compiled.length, unit: '', bound: 16 },
    {
      name: 'slowest iteration that compiled nothing, by the median for its pixels',
      value: rates[rates.length - 1] / median,
      unit: 'x',
      bound: 3,
      note: `median ${(sum('time') / warm.length).toFixed(2)} s, of ${warm.length} iterations`,
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

/** Rise per step of the line that fits best. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const spread = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
  return values.reduce((sum, value, i) => sum + (i - middle) * value, 0) / spread
}
