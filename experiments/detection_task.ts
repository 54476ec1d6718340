import type { CocoDataset } from '../datasets/coco.js'
import { dataLines, dataReport } from '../datasets/data_report.js'
import { planEvaluation, TrainLoader } from '../datasets/loader.js'
import { shapeLine, shapeReport } from '../datasets/shape_report.js'
import type { Detector } from '../detectors/detector.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import { type EvaluateOptions, evaluate } from '../evaluation/evaluate.js'
import { saveResults } from '../evaluation/save_results.js'
import type { Config, DataConfig } from '../registry.js'
import type { TrainHooks } from '../training/train_options.js'
import { findAllFaults, loadChecked, requireCoco } from './load_data.js'
import type { Task, TaskOptions } from './task.js'

/** The COCO folders of a config, for a detector. */
export async function detectionTask(
  config: Config,
  detector: Detector,
  { workDir, seed, compute }: TaskOptions & { compute: ComputeOptions },
): Promise<Task> {
  const data = requireCoco(config)
  const masks = detector.needsMasks
  const { train: dataset, val } = await loadData(config, masks)
  const loader = new TrainLoader({ ...data, dataset, seed, masks })
  const evaluation = val && evalOptions(data, val)
  const plans = { train: loader.shapePlan, val: evaluation && planEvaluation(evaluation) }
  const { bucketStep } = data
  return {
    classes: dataset.classes,
    dataLines: [...dataLines(dataset, 'trains on'), ...(val ? dataLines(val, 'evaluates on') : [])],
    shapeLines: [
      ...(plans.train ? [shapeLine(plans.train, 'trains', bucketStep)] : []),
      ...(plans.val ? [shapeLine(plans.val, 'evaluates', bucketStep)] : []),
    ],
    loader,
    hooks: evaluation && evaluationHooks(detector, { ...evaluation, compute }, workDir),
    data: { train: dataReport(dataset), val: val && dataReport(val) },
    shapes: (plans.train ?? plans.val) && {
      bucketStep,
      train: plans.train ? shapeReport(plans.train) : null,
      val: plans.val ? shapeReport(plans.val) : null,
    },
  }
}

/** What is trained and evaluated on. All that is wrong with either is reported in one error. */
async function loadData(
  config: Config,
  masks: boolean,
): Promise<{ train: CocoDataset; val: CocoDataset | undefined }> {
  let train: CocoDataset | undefined
  let val: CocoDataset | undefined
  await findAllFaults([
    async () => {
      train = (await loadChecked(config, 'train', { masks })).dataset
    },
    async () => {
      if (!config.evaluation) return
      val = (await loadChecked(config, 'val', { masks, classes: train?.classes })).dataset
    },
  ])
  return { train: train!, val }
}

function evaluationHooks(
  detector: Detector,
  options: EvaluateOptions,
  workDir: string,
): TrainHooks {
  return {
    evaluate: async ({ lambda, signal }) => {
      const { bbox, segm, results } = await evaluate(detector, { ...options, lambda, signal })
      await saveResults(workDir, results)
      return { bbox, segm }
    },
  }
}

/** What `evaluate` needs of a config. */
export function evalOptions(data: DataConfig, dataset: CocoDataset) {
  const { testBatchSize: batchSize = 1, testShapes: shapes } = data
  return { ...data, dataset, batchSize, shapes }
}
