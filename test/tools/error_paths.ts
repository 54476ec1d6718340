/**
 * Ways in which a run can fail, each as a user meets it, and what has to come out: a sentence, and
 * exit code 1 or 2.
 */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateShapes } from '../../datasets/index.js'
import { epochBatches } from '../../datasets/sampler.js'
import { tinyModel } from '../experiments/tiny_experiment.js'
import { type Outcome, runCommand } from './run_command.js'

export interface ErrorPath {
  title: string
  /** @default 'train' */
  command?: 'train' | 'test'
  /** For `plant_fault.mjs`. `file` is an image of `train/` or `val/`, or a file of the work dir. */
  planted?: { file: string; fault: string; sound?: number }
  /** An image that is broken from the start. */
  broken?: string
  /** @default 1e-3 */
  learningRate?: number
  /** Fewest data workers with which it can happen. @default 0 */
  leastWorkers?: number
  /** The checkpoint that the sentence names. */
  saved?: 'iter_1' | 'epoch_1'
  code: 1 | 2
  /** What follows `error: `; the folder of the run stands as `DIR`. */
  error: RegExp
}

/** Order of the four images, in the order in which training with seed 0 takes them, one a batch. */
const IN_ORDER = epochBatches([0, 0, 0, 0], { batchSize: 1, seed: 0, epoch: 0 }).map(
  ([index]) => `train/images/00000${index + 1}.png`,
)
const IN_THE_MIDDLE = IN_ORDER[1]
/** Asked for while the first are learned from. */
const LAST = IN_ORDER[3]
const MISSING = /no such image; set imageDir of data\.train or data\.val to their folder$/
const EXITED =
  /the data worker ended with exit code 7; look at what was being read, or set data\.workers=0$/

export const ERROR_PATHS: ErrorPath[] = [
  {
    title: 'an image is broken from the start',
    broken: 'train/images/000003.png',
    code: 2,
    error: /^DIR\/train\/images\/000003\.png: is broken or cut short \(.+\); copy the image again$/,
  },
  {
    title: 'an image breaks',
    saved: 'iter_1',
    planted: { file: IN_THE_MIDDLE, fault: 'breaks', sound: 1 },
    code: 2,
    error: new RegExp(
      `^DIR/${IN_THE_MIDDLE}: is broken or cut short \\(.+\\); copy the image again$`,
    ),
  },
  {
    title: 'an image disappears',
    saved: 'iter_1',
    planted: { file: IN_THE_MIDDLE, fault: 'disappears', sound: 1 },
    code: 2,
    error: new RegExp(`^DIR/${IN_THE_MIDDLE}: ${MISSING.source}`),
  },
  {
    title: 'a worker exits',
    saved: 'iter_1',
    planted: { file: IN_THE_MIDDLE, fault: 'exits', sound: 1 },
    leastWorkers: 1,
    code: 2,
    error: new RegExp(`^DIR/${IN_THE_MIDDLE}: ${EXITED.source}`),
  },
  {
    title: 'a worker throws',
    saved: 'iter_1',
    planted: { file: IN_THE_MIDDLE, fault: 'throws', sound: 1 },
    leastWorkers: 1,
    code: 1,
    error: new RegExp(`^DIR/${IN_THE_MIDDLE}: the data worker failed \\(out of nowhere\\)$`),
  },
  {
    title: 'the loss is not finite, while workers are idle',
    learningRate: 1e30,
    code: 1,
    error: /^train: at iteration \d .*; lower optimizer\.learningRate, /,
  },
  {
    title: 'the loss is not finite, while batches are pending',
    planted: { file: LAST, fault: 'stalls', sound: 1 },
    learningRate: 1e30,
    leastWorkers: 1,
    code: 1,
    error: /^train: at iteration \d .*; lower optimizer\.learningRate, /,
  },
  {
    title: 'an image of the evaluation disappears',
    saved: 'epoch_1',
    planted: { file: 'val/images/000003.png', fault: 'disappears', sound: 1 },
    code: 2,
    error: new RegExp(`^DIR/val/images/000003\\.png: ${MISSING.source}`),
  },
  {
    title: 'a worker of the evaluation exits',
    saved: 'epoch_1',
    planted: { file: 'val/images/000003.png', fault: 'exits', sound: 1 },
    leastWorkers: 1,
    code: 2,
    error: new RegExp(`^DIR/val/images/000003\\.png: ${EXITED.source}`),
  },
  {
    title: 'the disk is full when the evaluation is saved',
    saved: 'epoch_1',
    planted: { file: 'results.bbox.json', fault: 'full' },
    code: 1,
    error: /^train: DIR\/run\/results\.bbox\.json could not be written \(ENOSPC\); make room /,
  },
  {
    title: 'the disk is full when a checkpoint is saved',
    planted: { file: 'epoch_1.safetensors', fault: 'full' },
    code: 1,
    error: /^train: DIR\/run\/epoch_1\.safetensors could not be written \(ENOSPC\); make room /,
  },
  {
    title: 'an image of a test disappears',
    command: 'test',
    planted: { file: 'val/images/000003.png', fault: 'disappears' },
    code: 2,
    error: new RegExp(`^DIR/val/images/000003\\.png: ${MISSING.source}`),
  },
]

const PLANT = new URL('./plant_fault.mjs', import.meta.url).href

/** Fails one run; returns what is wrong with how it ended, nothing where it ended as it has to. */
export async function failRun(path: ErrorPath, workers: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vanilladet-errors-'))
  try {
    return wrongEnds(path, folder, await run(path, { folder, workers }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function run(
  { command = 'train', planted, broken, learningRate = 1e-3 }: ErrorPath,
  { folder, workers }: { folder: string; workers: number },
): Promise<Outcome> {
  const split = (name: string) =>
    generateShapes({ directory: join(folder, name), count: 4, size: [64, 64], seed: 0 })
  const config = {
    model: tinyModel,
    data: {
      train: await split('train'),
      val: await split('val'),
      scales: [[64, 64]],
      testScale: [64, 64],
      batchSize: 1,
      flip: 0,
      bucketStep: 64,
      workers,
    },
    optimizer: { type: 'AdamW', learningRate },
    schedule: { epochs: 1 },
    evaluation: { interval: 1 },
    seed: 0,
  }
  const configFile = join(folder, 'config.mjs')
  await writeFile(configFile, `export default ${JSON.stringify(config)}\n`)
  if (broken) await truncate(join(folder, broken), 40)
  const args = command === 'train' ? ['--work-dir', join(folder, 'run')] : ['random']
  if (!planted) return runCommand(command, [configFile, ...args])
  const env = { PLANTED_FAULT: JSON.stringify(planted) }
  return runCommand(command, [configFile, ...args], { env, preload: PLANT })
}

/** What follows where training had done something. */
const SAVED =
  /\. What was done until iteration \d is saved as DIR\/run\/(\w+)\.safetensors; go on with --resume$/

function wrongEnds({ code, error, saved }: ErrorPath, folder: string, outcome: Outcome): string[] {
  const wrong: string[] = []
  const text = outcome.stderr.replaceAll(folder, 'DIR')
  const [, ended = ''] = text.match(/^error: (.*)$/m) ?? []
  const sentence = ended.replace(SAVED, '')
  const name = SAVED.exec(ended)?.[1]
  if (name !== saved) wrong.push(`saved as ${name} in place of ${saved}`)
  if (outcome.code !== code) wrong.push(`exit code ${outcome.code} in place of ${code}`)
  if (!error.test(sentence)) wrong.push(`"${sentence}" in place of ${error}`)
  if (/unhandled|uncaught|unsettled|^\s+at /im.test(text)) wrong.push('a trace of Node')
  return wrong.length > 0 ? [...wrong, text] : []
}
