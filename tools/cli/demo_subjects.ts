import { dirname } from 'node:path'
import { isClassifier } from '../../classifiers/classifier.js'
import { generateTextures } from '../../datasets/classification/textures.js'
import { generateShapes } from '../../datasets/shapes.js'
import { isDetector } from '../../detectors/detector.js'
import { evaluate } from '../../evaluation/evaluate.js'
import {
  classEvalOptions,
  evaluateClassifier,
  loadPictures,
  requireClassData,
} from '../../experiments/classification_task.js'
import { evalOptions } from '../../experiments/detection_task.js'
import { loadSplit, requireCoco } from '../../experiments/load_data.js'
import type { LoadedModel } from '../../experiments/load_detector.js'
import type { Config } from '../../registry.js'
import type { Shape } from './command.js'
import { showProgress } from './show_progress.js'

/** What a demo trains, and on what. */
export interface DemoSubject {
  /** Name of a file in `configs/`. */
  config: string
  workDir: string
  /** What the generated images show. */
  images: string
  /** Height and width of the input, pixels. */
  imageSize: Shape
  /** Overrides of the short form, whose data lie apart from those of the full demo. */
  shortOptions: string[]
  /** Least score on images that were not trained on. */
  leastScore: number
  generate(config: Config, short: boolean): Promise<void>
  evaluate(config: Config, loaded: LoadedModel): Promise<DemoEvaluation>
}

export interface DemoEvaluation {
  /** Lines that show the numbers. */
  table: string[]
  /** What both forms are compared by, by what it is called. */
  scores: Record<string, number>
  /** For the JSON document. */
  metrics: object
}

const SPLITS = ['train', 'val'] as const

const SHAPES_SIZE: Shape = [160, 160]

const shapes = {
  images: 'coloured shapes',
  imageSize: SHAPES_SIZE,
  leastScore: 0.5,
  shortOptions: SPLITS.flatMap((split) => [
    `data.${split}.annFile=work_dirs/shapes_short/${split}/annotations.json`,
    `data.${split}.imageDir=work_dirs/shapes_short/${split}/images`,
  ]),
  async generate(config: Config, short: boolean): Promise<void> {
    const { train, val } = requireCoco(config)
    const splits = [
      { annFile: train.annFile, count: short ? 24 : 600, seed: 1 },
      { annFile: val.annFile, count: short ? 24 : 150, seed: 2 },
    ]
    for (const { annFile, ...options } of splits) {
      await generateShapes({ directory: dirname(annFile), size: SHAPES_SIZE, ...options })
    }
  },
  async evaluate(config: Config, { model, metadata }: LoadedModel): Promise<DemoEvaluation> {
    if (!isDetector(model)) throw new Error('demo: the model is no detector')
    const { data, dataset } = await loadSplit(config, 'val', { classes: metadata?.classes })
    const onProgress = showProgress('images')
    const { lambda } = metadata ?? {}
    const options = { ...evalOptions(data, dataset), lambda, onProgress }
    const { bbox, segm, table } = await evaluate(model, options)
    const scores = { 'bbox AP': bbox.AP, ...(segm && { 'segm AP': segm.AP }) }
    return { table, scores, metrics: { bbox, segm } }
  },
} satisfies Partial<DemoSubject>

/** RetinaNet on circles, squares and triangles. */
export const boxDemo: DemoSubject = {
  ...shapes,
  config: 'retinanet_tiny_shapes',
  workDir: 'work_dirs/demo',
}

/** Mask R-CNN on the same. */
export const maskDemo: DemoSubject = {
  ...shapes,
  config: 'mask_rcnn_tiny_shapes',
  workDir: 'work_dirs/demo_masks',
}

/** VanillaNet as a classifier of textures. */
export const classDemo: DemoSubject = {
  config: 'vanillanet_tiny_textures',
  workDir: 'work_dirs/demo_classify',
  images: 'ten textures',
  imageSize: [32, 32],
  shortOptions: [
    ...SPLITS.map((split) => `data.${split}.folder=work_dirs/textures_short/${split}`),
    'schedule.deepTraining.decayEpochs=2', // or six iterations would end before it does
  ],
  leastScore: 0.9,
  async generate(config, short) {
    const data = requireClassData(config)
    if (data.type !== 'ImageFolder') throw new Error('demo: the data are not class folders')
    const splits = [
      { directory: data.train.folder, perClass: short ? 8 : 200, seed: 1 },
      { directory: data.val.folder, perClass: short ? 4 : 50, seed: 2 },
    ]
    for (const split of splits) await generateTextures(split)
  },
  async evaluate(config, { model, metadata }) {
    if (!isClassifier(model)) throw new Error('demo: the model is no classifier')
    const dataset = await loadPictures(config, 'val', metadata?.classes)
    const { lambda } = metadata ?? {}
    const options = { ...classEvalOptions(requireClassData(config), dataset), lambda }
    const { accuracy } = await evaluateClassifier(model, options)
    const { top1 } = accuracy
    return { table: [`top-1 ${top1.toFixed(4)}`], scores: { 'top-1': top1 }, metrics: accuracy }
  },
}
