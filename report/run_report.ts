import type { CocoDataset } from '../datasets/coco.js'
import { ConfigError, DataError, TraceError } from '../errors.js'
import { RESULT_FILES } from '../evaluation/save_results.js'
import { resolveConfig } from '../experiments/load.js'
import { isCoco, loadSplit } from '../experiments/load_data.js'
import { CocoError } from '../packages/pycocotools-js/source/errors.js'
import type { Config, DataConfig } from '../registry.js'
import { classificationPart } from './class_report.js'
import type { ByKind, DetectionReport, Kind, Pictures, RunReport } from './document.js'
import { errorCharts } from './error_charts.js'
import { isRecord, type JsonLines } from './json_lines.js'
import { modelSizes } from './model_size.js'
import { MIN_SCORE, type SampleOptions, samplePictures } from './sample_pictures.js'
import {
  evaluationCharts,
  evaluationsOf,
  throughputChart,
  trainingCharts,
} from './training_charts.js'
import { judge, readDetections, type ValDetections } from './val_detections.js'
import type { WorkDir } from './work_dir.js'

const KINDS = ['bbox', 'segm'] as const

/** Computes what the report shows of one run. What is missing is described in notes. */
export async function buildRun(
  workDir: WorkDir,
  { id, samples }: { id: string; samples: number },
): Promise<{ run: RunReport; pictures: Pictures }> {
  const { name, path } = workDir
  const config = checkedConfig(workDir)
  const evaluation = evaluationPart(id, workDir)
  const common = {
    ...{ id, name, path },
    model: modelName(workDir.config),
    classes: isUnusable(config) ? undefined : config.model.numClasses,
    size: sizePart(config),
    training: trainingPart(id, workDir),
    evaluation,
  }
  if (isOfClassifier(workDir)) {
    const maxPixels = isUnusable(config) ? undefined : config.data?.maxPixels
    const options = { id, count: samples, maxPixels }
    const { part: classification, pictures } = await classificationPart(path, options)
    const nothing = {
      detections: { charts: [], notes: [] },
      samples: { minScore: MIN_SCORE, pictures: [], notes: [] },
    }
    return { run: { ...common, ...nothing, classification }, pictures }
  }
  const val = await valDetections(workDir, config)
  const detections = detectionPart(id, val, evaluation)
  const { exif, maxPixels } = (isUnusable(config) ? undefined : detectionData(config)) ?? {}
  const drawn = await samplePart(id, val, { count: samples, exif, maxPixels })
  const run: RunReport = {
    ...common,
    detections,
    samples: drawn.part,
  }
  return { run, pictures: drawn.pictures }
}

/** Undefined for a classifier's config, and for one without data. */
function detectionData({ data }: Config): DataConfig | undefined {
  return data && isCoco(data) ? data : undefined
}

/** Why a config cannot be used. */
interface Unusable {
  reason: string
}

function isUnusable(config: Config | Unusable): config is Unusable {
  return 'reason' in config
}

/** The config of a run, or why it cannot be used. */
function checkedConfig({ config }: WorkDir): Config | Unusable {
  if (config === undefined) return { reason: 'config.json is missing, or cannot be read' }
  try {
    return resolveConfig(config)
  } catch (error) {
    return { reason: `config.json: ${reasonOf(error)}` }
  }
}

/** `RetinaNet, VanillaNet 13`, from an unchecked config. */
function modelName(config: WorkDir['config']): string | undefined {
  const model = config?.model
  if (!isRecord(model)) return undefined
  const backbone = isRecord(model.backbone) ? model.backbone : {}
  const variant = backbone.arch ?? backbone.depth
  const network = [backbone.type, variant].filter((part) => part !== undefined).join(' ')
  return [model.type, network].filter((part) => part !== undefined && part !== '').join(', ')
}

function sizePart(config: Config | Unusable): RunReport['size'] {
  if (isUnusable(config)) return { sizes: [], notes: [`Not counted: ${config.reason}.`] }
  try {
    return { sizes: modelSizes(config), notes: [] }
  } catch (error) {
    return { sizes: [], notes: [`Not counted: ${reasonOf(error)}.`] }
  }
}

/** True where the config, which may have faults elsewhere, is of a classifier. */
function isOfClassifier({ config }: WorkDir): boolean {
  return isRecord(config?.model) && config.model.type === 'Classifier'
}

function batchSizeOf({ config }: WorkDir): number | undefined {
  return isRecord(config?.data) ? asNumber(config.data.batchSize) : undefined
}

function trainingPart(id: string, workDir: WorkDir): RunReport['training'] {
  const { config, metrics } = workDir
  const schedule = isRecord(config?.schedule) ? config.schedule : {}
  const epochs = asNumber(schedule.epochs)
  const lines = metrics?.lines ?? []
  const last = lines.at(-1)
  const notes = [
    ...(metrics === undefined
      ? ['metrics.jsonl is missing, so there are no curves of the loss.']
      : []),
    ...(metrics && lines.length === 0 ? ['metrics.jsonl has no line yet.'] : []),
    ...unreadableNote('metrics.jsonl', metrics),
  ]
  const batchSize = isOfClassifier(workDir) ? batchSizeOf(workDir) : undefined
  const charts = [
    ...trainingCharts(id, lines),
    ...(batchSize === undefined ? [] : throughputChart(id, lines, batchSize)),
  ]
  return { iter: asNumber(last?.iter), epoch: asNumber(last?.epoch), epochs, charts, notes }
}

function evaluationPart(id: string, workDir: WorkDir): RunReport['evaluation'] {
  const { config, evaluations } = workDir
  const found = evaluationsOf(evaluations?.lines ?? [])
  const incomplete = (evaluations?.lines.length ?? 0) - found.length
  const notes = unreadableNote('evaluations.jsonl', evaluations)
  if (incomplete > 0) {
    notes.push(
      `evaluations.jsonl: ${incomplete} of its lines without epoch or ${isOfClassifier(workDir) ? 'top1' : 'AP'} are left out.`,
    )
  }
  if (found.length === 0) {
    const isSet = isRecord(config?.evaluation)
    const how = isSet
      ? 'the first one comes at the end of an epoch'
      : 'set evaluation.interval in its config to evaluate while it trains'
    notes.push(`No evaluation yet: ${how}.`)
  }
  return { evaluations: found, charts: evaluationCharts(id, found), notes }
}

/** The validation set of a run and its detections there, as far as they can be read. */
interface Val {
  dataset: CocoDataset | undefined
  detections: ByKind<ValDetections>
  notes: string[]
}

async function valDetections({ path }: WorkDir, config: Config | Unusable): Promise<Val> {
  const nothing = (notes: string[]): Val => ({ dataset: undefined, detections: {}, notes })
  if (isUnusable(config)) return nothing([`The validation set is not known: ${config.reason}.`])
  let dataset: CocoDataset
  try {
    dataset = (await loadSplit(config, 'val')).dataset
  } catch (error) {
    return nothing([
      `The validation set cannot be read: ${reasonOf(error)}. Paths of the config start from the folder in which this command runs.`,
    ])
  }
  const val: Val = { dataset, detections: {}, notes: [] }
  for (const kind of KINDS) {
    try {
      val.detections[kind] = await readDetections(path, kind, dataset)
    } catch (error) {
      val.notes.push(`The detections cannot be used: ${reasonOf(error)}.`)
    }
  }
  if (!val.detections.bbox && val.notes.length === 0) {
    val.notes.push(
      `No detections: ${RESULT_FILES.bbox} is written by each evaluation during training, and by vanilladet test CONFIG CHECKPOINT --out WORK_DIR/${RESULT_FILES.bbox}.`,
    )
  }
  return val
}

function detectionPart(
  id: string,
  { detections, notes: before }: Val,
  { evaluations }: RunReport['evaluation'],
): RunReport['detections'] {
  const notes = [...before]
  const reports: ByKind<DetectionReport> = {}
  for (const kind of KINDS) {
    const found = detections[kind]
    if (!found) continue
    try {
      const report = judge(found, kind)
      reports[kind] = report
      notes.push(...differenceNote(kind, report, evaluations.at(-1)?.[kind]?.AP))
    } catch (error) {
      notes.push(`The ${kind} results cannot be evaluated: ${reasonOf(error)}.`)
    }
  }
  return { ...reports, charts: errorCharts(id, reports), notes }
}

/** Notes where results are not those of the last evaluation. */
function differenceNote(
  kind: Kind,
  { metrics }: DetectionReport,
  logged: number | undefined,
): string[] {
  if (logged === undefined || Math.abs(logged - metrics.AP) < 1e-9) return []
  const [own, other] = [metrics.AP, logged].map((value) => (100 * value).toFixed(2))
  return [
    `${RESULT_FILES[kind]} gives AP ${own}, the last evaluation logged ${other}: they are not of the same detections or annotations.`,
  ]
}

async function samplePart(
  id: string,
  { dataset, detections, notes: before }: Val,
  options: Omit<SampleOptions, 'dataset' | 'detections' | 'id'>,
): Promise<{ part: RunReport['samples']; pictures: Pictures }> {
  const part: RunReport['samples'] = { minScore: MIN_SCORE, pictures: [], notes: [] }
  if (!dataset || !detections.bbox) {
    if (before.length > 0)
      part.notes.push('No pictures, for the reason that stands above the classes.')
    return { part, pictures: {} }
  }
  try {
    const { samples, pictures } = await samplePictures({ dataset, detections, id, ...options })
    return { part: { ...part, pictures: samples }, pictures }
  } catch (error) {
    part.notes.push(`No pictures: ${reasonOf(error)}.`)
    return { part, pictures: {} }
  }
}

function unreadableNote(file: string, found: JsonLines | undefined): string[] {
  const { unreadable } = found ?? { unreadable: [] }
  if (unreadable.length === 0) return []
  const shown = unreadable.slice(0, 5).join(', ')
  const more = unreadable.length > 5 ? ` and ${unreadable.length - 5} more` : ''
  const what = unreadable.length === 1 ? 'Line' : 'Lines'
  return [
    `${what} ${shown}${more} of ${file} cannot be read and ${unreadable.length === 1 ? 'is' : 'are'} left out.`,
  ]
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/**
 * The sentence of an error that a file or a config is to blame for. Faults of the program go on.
 */
function reasonOf(error: unknown): string {
  const foreseen = [ConfigError, DataError, TraceError, CocoError]
  if (error instanceof Error && foreseen.some((kind) => error instanceof kind)) return error.message
  throw error
}
