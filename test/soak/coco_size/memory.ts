import { peakBytes } from '../../../bench/coco_eval/peak_memory.js'
import type { Figure } from './figure.js'

/** Memory of this process from now on. Needs `--expose-gc`. */
export class MemoryWatch {
  private readonly start = usageNow()

  /**
   * @param bound for the rise of the peak.
   * @param fileBytes the figures are in parts of it; without it, in megabytes.
   */
  figures(name: string, bound: number, fileBytes?: number): Figure[] {
    const peak = peakBytes() - this.start.rss
    const kept = usageNow()
    const unit = fileBytes === undefined ? 'MB' : 'x'
    const inUnit = (bytes: number) => bytes / (fileBytes ?? 1e6)
    const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
    const rises = (['rss', 'heapUsed', 'external'] as const).map(
      (key) => `${key} ${megabytes(kept[key] - this.start[key])}`,
    )
    const note = `peak ${megabytes(peak)} above ${megabytes(this.start.rss)}; kept ${rises.join(', ')}`
    return [{ name: `${name}: memory at most`, value: inUnit(peak), unit, bound, note }]
  }
}

function usageNow(): NodeJS.MemoryUsage {
  globalThis.gc?.()
  return process.memoryUsage()
}
