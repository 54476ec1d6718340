import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type CocoDataset, loadCoco } from '../../datasets/index.js'
import type { CocoResults } from '../../evaluation/coco_results.js'
import { evaluateResults } from '../../evaluation/evaluate.js'
import { mask } from '../../packages/pycocotools-js/source/index.js'
import type { DetectionConfig } from '../../registry.js'
import { tinyExperiment } from '../experiments/tiny_experiment.js'

export interface SyntheticRun {
  /** Holds the data and the work dir. */
  folder: string
  workDir: string
  config: DetectionConfig
  dataset: CocoDataset
  results: CocoResults
}

/**
 * A work dir as training leaves it, without training: five lines of metrics, two evaluations, and
 * results of boxes and masks, which are the ground truth but for one object in three, moved, and
 * one detection on background.
 */
export async function syntheticRun(t: ExecutionContext, name = 'first'): Promise<SyntheticRun> {
  const { folder, config: base } = await tinyExperiment(t)
  const config = { ...base, evaluation: { interval: 1 }, schedule: { epochs: 3 } }
  const workDir = join(folder, name)
  await mkdir(workDir)
  const dataset = await loadCoco({ ...config.data.val, mode: 'test' })
  const results = nearlyPerfect(dataset)
  const { bbox, segm } = evaluateResults(dataset, results)

  const metrics = [1, 2, 3, 4, 5].map((i) => ({
    ...{ iter: 10 * i, epoch: Math.ceil(i / 2), lr: 1e-3 / i },
    ...{ loss: 3 / i, loss_cls: 2 / i, loss_bbox: i === 5 ? 0 : 1 / i, time: 0.1 },
  }))
  const early = { ...bbox, AP: 0.125, AP50: 0.25 }
  const evaluations = [
    { iter: 20, epoch: 1, bbox: early, segm: { ...early, AP: 0.0625 } },
    { iter: 40, epoch: 2, bbox, segm },
  ]
  await writeFile(join(workDir, 'config.json'), JSON.stringify(config))
  await writeFile(join(workDir, 'metrics.jsonl'), jsonLines(metrics))
  await writeFile(join(workDir, 'evaluations.jsonl'), jsonLines(evaluations))
  await writeFile(join(workDir, 'results.bbox.json'), JSON.stringify(results.bbox))
  await writeFile(join(workDir, 'results.segm.json'), JSON.stringify(results.segm))
  return { folder, workDir, config, dataset, results }
}

export function jsonLines(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

/** An annotation of the generated shapes. */
type BoxObject = CocoResults['bbox'][number] & { id: number; iscrowd: number }

function nearlyPerfect({ groundTruth: coco, samples, categoryIds }: CocoDataset): CocoResults {
  const objects = ([...coco.rows] as object[] as BoxObject[]).filter(({ iscrowd }) => !iscrowd)
  const background = {
    image_id: samples[0].imageId,
    category_id: categoryIds[0],
    score: 0.35,
  }
  const [height, width] = samples[0].size
  const [corner] = mask.frPyObjects([[0, 0, 6, 0, 6, 6, 0, 6]], height, width)
  const entryOf = ({ image_id, category_id }: (typeof objects)[number], i: number) => ({
    ...{ image_id, category_id, score: 0.95 - 0.01 * i },
  })
  return {
    bbox: [
      ...objects.map((object, i) => {
        const [x, y, width, height] = object.bbox
        const shift = i % 3 === 1 ? 0.4 * width : 0 // clear of the other objects of its class
        return { ...entryOf(object, i), bbox: [x + shift, y, width, height] as typeof object.bbox }
      }),
      { ...background, bbox: [0, 0, 6, 6] },
    ],
    segm: [
      ...objects.map((object, i) => {
        const segmentation = coco.annToRLE(coco.loadAnns(object.id)[0])
        return { ...entryOf(object, i), segmentation }
      }),
      { ...background, segmentation: corner },
    ],
  }
}
