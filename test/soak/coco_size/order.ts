import { createHash, type Hash } from 'node:crypto'
import type { CocoDataset, Position, TrainLoader } from '../../../datasets/index.js'
import type { Figure } from './figure.js'
import { loaderOf, openTraining } from './rehearsal.js'
import { Stopwatch } from './stopwatch.js'

const WORKERS = [0, 1, 2]

/**
 * Whether plans and batches are the same with 0, 1 and 2 workers, and after a resume in the middle
 * of an epoch.
 */
export async function measureOrder(folder: string, batches: number): Promise<Figure[]> {
  const dataset = await openTraining(folder, true)
  const figures: Figure[] = []
  const plans: string[] = []
  const rendered: string[] = []
  for (const workers of WORKERS) {
    const loader = loaderOf(folder, dataset, { workers, masks: true })
    plans.push(await planDigest(loader, { epoch: 0, iteration: 0 }, loader.iterationsPerEpoch))
    const watch = new Stopwatch()
    rendered.push(await watch.time(() => batchDigest(loader, batches)))
    await loader.close()
    const { seconds, cpuSeconds } = watch
    const name = `${batches} batches with masks, ${workers} workers`
    figures.push({ name, value: seconds, unit: 's', cpuSeconds, note: rendered.at(-1) })
  }
  const late = await resumedDigests(folder, dataset)
  return [
    ...figures,
    differing('plans of an epoch by the number of workers', plans),
    differing('batches by the number of workers', rendered),
    differing('plans after a resume at 60 %', late),
  ]
}

/** How many digests differ from the first. */
function differing(name: string, digests: readonly string[]): Figure {
  const value = digests.filter((digest) => digest !== digests[0]).length
  return { name, value, unit: 'wrong', bound: 0, note: digests[0] }
}

/** The last 40 % of an epoch, as an uninterrupted run has them and as a resumed one. */
async function resumedDigests(folder: string, dataset: CocoDataset): Promise<string[]> {
  const loader = loaderOf(folder, dataset, { workers: 0 })
  const iteration = Math.floor(0.6 * loader.iterationsPerEpoch)
  const count = loader.iterationsPerEpoch - iteration
  const whole = loader.plans()
  for (let i = 0; i < iteration; i++) whole.next()
  const digests = [
    digestPlans(whole, count),
    await planDigest(loader, { epoch: 0, iteration }, count),
  ]
  await loader.close()
  return digests
}

async function planDigest(loader: TrainLoader, start: Position, count: number): Promise<string> {
  return digestPlans(loader.plans(start), count)
}

function digestPlans(plans: ReturnType<TrainLoader['plans']>, count: number): string {
  const hash = createHash('sha256')
  for (let i = 0; i < count; i++) {
    const { value } = plans.next()
    const { epoch, iteration, size, slots, images } = value!
    hash.update(JSON.stringify({ epoch, iteration, size, slots }))
    for (const { sample, size, flip, boxesXyxy, labels, objects } of images) {
      hash.update(JSON.stringify({ id: sample.imageId, size, flip, objects }))
      hash.update(boxesXyxy).update(labels)
    }
  }
  return shortOf(hash)
}

async function batchDigest(loader: TrainLoader, count: number): Promise<string> {
  const hash = createHash('sha256')
  let taken = 0
  for await (const { tensors, ...rest } of loader.batches()) {
    hash.update(JSON.stringify(rest))
    for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
      hash.update(JSON.stringify({ name, dtype, shape })).update(data)
    }
    loader.reuse(tensors)
    if (++taken === count) break
  }
  return shortOf(hash)
}

function shortOf(hash: Hash): string {
  return hash.digest('hex').slice(0, 16)
}
