import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sample } from '../../../datasets/index.js'
import { type CocoResults, cocoResults } from '../../../evaluation/coco_results.js'
import { evaluateResults } from '../../../evaluation/evaluate.js'
import { saveResults } from '../../../evaluation/save_results.js'
import { loadChecked } from '../../../experiments/load_data.js'
import type { Figure } from './figure.js'
import { MemoryWatch } from './memory.js'
import { noisyDetections } from './noisy_detections.js'
import { rehearsalOf } from './rehearsal.js'
import { Stopwatch } from './stopwatch.js'

/** Detections of each image. */
const DETECTIONS = 100
/** Seconds, and megabytes above what is there before the first detection. */
const BOUNDS = { boxes: 60, masks: 180, memory: 1000 }

/**
 * From detections as a model gives them to the twelve numbers. Making the detections does not
 * count.
 */
export async function measureEvaluation(folder: string, masks: boolean): Promise<Figure[]> {
  const { dataset } = await loadChecked(rehearsalOf(folder), 'val', { masks })
  const watch = new Stopwatch()
  const memory = new MemoryWatch()
  const results: CocoResults = masks ? { bbox: [], segm: [] } : { bbox: [] }
  for (const sample of dataset.samples) {
    const detections = noisyDetections(dataset, sample, { count: DETECTIONS, masks })
    const found = await watch.time(() =>
      cocoResults(detections, batchOf(sample), dataset.categoryIds),
    )
    for (const box of found.bbox) results.bbox.push(box)
    for (const mask of found.segm ?? []) results.segm?.push(mask)
  }
  const converting = { ...watch }
  const { bbox, segm } = await watch.time(() => evaluateResults(dataset, results))
  const name = `evaluating ${results.bbox.length} ${masks ? 'boxes and masks' : 'boxes'}`
  const { seconds, cpuSeconds } = watch
  const note =
    `${converting.seconds.toFixed(2)} s of it to results; ` +
    `AP ${bbox.AP.toFixed(4)}${segm ? ` ${segm.AP.toFixed(4)}` : ''}`
  const bound = masks ? BOUNDS.masks : BOUNDS.boxes
  const evaluated = memory.figures(name, BOUNDS.memory)
  const saving = await measureSaving(results)
  return [
    { name, value: seconds, unit: 's', bound, cpuSeconds, note },
    ...evaluated,
    saving,
    ...memory.figures(`${name} and saving them`, BOUNDS.memory),
  ]
}

/** The results as files of a work dir, which training writes after each evaluation. */
async function measureSaving(results: CocoResults): Promise<Figure> {
  const workDir = await mkdtemp(join(tmpdir(), 'coco-size-results-'))
  const watch = new Stopwatch()
  await watch.time(() => saveResults(workDir, results))
  const sizes = readdirSync(workDir).map((name) => statSync(join(workDir, name)).size)
  await rm(workDir, { recursive: true })
  const { seconds, cpuSeconds } = watch
  const note = sizes.map((bytes) => `${(bytes / 1e6).toFixed(0)} MB`).join(', ')
  return { name: 'saving the results', value: seconds, unit: 's', cpuSeconds, note }
}

function batchOf({ imageId, size }: Sample): Parameters<typeof cocoResults>[1] {
  return { imageIds: [imageId], originalSizes: [size] }
}
