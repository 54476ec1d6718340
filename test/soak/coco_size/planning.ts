import type { Figure } from './figure.js'
import { loaderOf, openTraining } from './rehearsal.js'
import { Stopwatch } from './stopwatch.js'

/** Part of an epoch after which a run is resumed. */
const PLACE = 0.6

/** All plans of an epoch, without pixels; and choosing the input shapes before. */
export async function measurePlanning(folder: string): Promise<Figure[]> {
  const dataset = await openTraining(folder, false)
  const making = new Stopwatch()
  const loader = await making.time(() => loaderOf(folder, dataset))
  const watch = new Stopwatch()
  const count = await watch.time(() => {
    const plans = loader.plans()
    let count = 0
    while (count < loader.iterationsPerEpoch && plans.next().value) count++
    return count
  })
  await loader.close()
  return [
    secondsOf('choosing input shapes', making),
    { ...secondsOf('planning an epoch', watch), bound: 5, note: `${count} batches` },
  ]
}

/** The first plan after a resume, as a process finds it that has just started. */
export async function measureResuming(folder: string): Promise<Figure[]> {
  const dataset = await openTraining(folder, false)
  const loader = loaderOf(folder, dataset)
  const iteration = Math.floor(PLACE * loader.iterationsPerEpoch)
  const watch = new Stopwatch()
  const plan = await watch.time(() => loader.plans({ epoch: 0, iteration }).next().value)
  await loader.close()
  const note = `batch ${plan?.iteration}`
  return [{ ...secondsOf('finding the place at 60 % of an epoch', watch), bound: 2, note }]
}

function secondsOf(name: string, { seconds, cpuSeconds }: Stopwatch): Figure {
  return { name, value: seconds, unit: 's', cpuSeconds }
}
