import { rmSync, statSync } from 'node:fs'
import type { Figure } from './figure.js'
import { MemoryWatch } from './memory.js'
import { cacheOf, filesOf, openTraining } from './rehearsal.js'
import { Stopwatch } from './stopwatch.js'

/**
 * Opens the training split as `train` does: annotations read and checked, pictures found, the first
 * of them decoded.
 *
 * @param again from the cache that the first opening leaves; a first one clears it.
 */
export async function measureOpening(
  folder: string,
  { masks, again }: { masks: boolean; again: boolean },
): Promise<Figure[]> {
  if (!again) rmSync(cacheOf(folder), { recursive: true, force: true })
  const watch = new Stopwatch()
  const memory = new MemoryWatch()
  const dataset = await watch.time(() => openTraining(folder, masks))
  const name = `opening${again ? ' again' : ''} with${masks ? '' : 'out'} masks`
  const { size } = statSync(filesOf(folder).train.annFile)
  const { images, objects } = dataset.counts
  const note = `${images.used} images, ${objects.used} objects, ${(size / 1e6).toFixed(0)} MB`
  const { seconds, cpuSeconds } = watch
  return [
    { name, value: seconds, unit: 's', bound: again ? 3 : 20, cpuSeconds, note },
    ...memory.figures(name, 2.5, size),
  ]
}
