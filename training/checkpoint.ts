import { readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { DeviceTensor } from '../engine/device_tensor.js'
import { DataError } from '../errors.js'
import { cannotWriteRun } from '../files/file_error.js'
import { replaceContent } from '../files/replace_file.js'
import {
  type CheckpointMetadata,
  METADATA_KEY,
  parseJson,
  parseMetadata,
  readCheckpointMetadata,
} from '../weights/checkpoint_metadata.js'
import { trainStatePath } from '../weights/load_weights.js'
import { describeMatch, isFullMatch, matchWeights } from '../weights/match_weights.js'
import { listSafetensors, readSafetensorsHeader, writeSafetensors } from '../weights/safetensors.js'
import { findCheckpoint, LATEST, readLatest } from './find_checkpoint.js'
import type { LossScaleState } from './optim/loss_scale.js'
import type { DeviceState, TrainState } from './train_state.js'

/** Sums of logged values since the last logged line, so that a resumed run logs the same means. */
export interface LogSums {
  /** Updates that were summed. */
  count: number
  sums: Record<string, number>
}

/** What the state file holds beside tensors and `CheckpointMetadata`. */
export interface RunState {
  log: LogSums
  /** State of runs that scale their loss. */
  lossScale?: LossScaleState
}

const LOG_KEY = 'vanilladet.log'
const LOSS_SCALE_KEY = 'vanilladet.loss_scale'

const MODEL_FILE = /^(?:epoch|iter)_\d+\.safetensors$/
const STATE_FILE = /^((?:epoch|iter)_\d+)\.train_state\.safetensors$/
const LEFT_OVER = /^(?:latest|(?:epoch|iter)_\d+(?:\.train_state)?\.safetensors)\.tmp$/

/** True for `NAME.safetensors` of a checkpoint. */
export function isModelFile(file: string): boolean {
  return MODEL_FILE.test(file)
}

/** True for both files of a checkpoint, and for what a crash leaves of writing one. */
export function isCheckpointFile(file: string): boolean {
  return MODEL_FILE.test(file) || STATE_FILE.test(file) || LEFT_OVER.test(file)
}

/** `epoch_3` where an epoch ends, `iter_1234` elsewhere. */
export function checkpointName(iteration: number, iterationsPerEpoch: number): string {
  const epochs = iteration / iterationsPerEpoch
  return Number.isInteger(epochs) ? `epoch_${epochs}` : `iter_${iteration}`
}

/**
 * Saves a checkpoint: `NAME.safetensors` with the model under PyTorch's names and shapes, and
 * `NAME.train_state.safetensors` with the optimizer's arrays (`m.NAME`) and the averages
 * (`ema.NAME`).
 *
 * Each file is written under another name, synced and renamed: first the state, then the model,
 * then `latest`. A crash at any moment leaves `latest` at a complete checkpoint.
 *
 * @param keep how many checkpoints stay in the work dir, the newest ones; all if undefined.
 * @returns path of the model file.
 */
export async function saveCheckpoint(
  workDir: string,
  state: DeviceState,
  options: RunState & { metadata: CheckpointMetadata; keep?: number },
): Promise<string> {
  const { metadata, log, lossScale, keep } = options
  const name = checkpointName(metadata.iteration, metadata.iterationsPerEpoch)
  const modelPath = join(workDir, `${name}.safetensors`)
  const model = { format: 'pt', [METADATA_KEY]: JSON.stringify(metadata) }
  const training = {
    ...model,
    [LOG_KEY]: JSON.stringify(log),
    ...(lossScale && { [LOSS_SCALE_KEY]: JSON.stringify(lossScale) }),
  }
  const tensors = { ...state.parameters, ...state.buffers }
  const statePath = trainStatePath(modelPath)
  await writeSafetensors(statePath, trainingTensors(state), training, cannotWriteRun)
  await writeSafetensors(modelPath, tensors, model, cannotWriteRun)
  await replaceContent(join(workDir, LATEST), `${name}.safetensors\n`, cannotWriteRun)
  await removeOld(workDir, basename(modelPath), keep)
  return modelPath
}

/**
 * The checkpoint to go on from.
 *
 * @param resume a path that `findCheckpoint` takes, or true for the newest of the work dir.
 */
export async function checkpointToResume(workDir: string, resume: string | true): Promise<string> {
  if (resume !== true) {
    const path = await findCheckpoint(resume)
    await requireFile(path, 'name another checkpoint')
    await requireFile(
      trainStatePath(path),
      'only a checkpoint with its train_state can be resumed, so start anew from its weights with --load-from',
    )
    return path
  }
  const name = await readLatest(workDir)
  if (name === undefined) {
    throw new DataError(
      workDir,
      '--resume found no checkpoint in it',
      'leave out --resume to start anew, or name a checkpoint',
    )
  }
  return checkpointToResume(workDir, join(workDir, name))
}

/**
 * Loads the optimizer's arrays and the averages into a state.
 *
 * @param modelPath the checkpoint's model file, which the state was made from.
 */
export async function loadTrainState(
  state: TrainState,
  modelPath: string,
): Promise<RunState & { metadata: CheckpointMetadata }> {
  const path = trainStatePath(modelPath)
  const { shapes, metadata: texts } = await readSafetensorsHeader(path)
  const metadata = parseMetadata(path, texts[METADATA_KEY])
  const log = parseJson<LogSums>(path, texts[LOG_KEY])
  const lossScale = parseJson<LossScaleState>(path, texts[LOSS_SCALE_KEY])
  const ofModel = (await readSafetensorsHeader(modelPath)).metadata[METADATA_KEY]
  if (!metadata || !log || ofModel !== texts[METADATA_KEY]) {
    const what = `it is not of the same save as ${basename(modelPath)}`
    throw new DataError(path, what, 'resume from another checkpoint')
  }

  const expected = trainingTensors(state.current)
  const match = matchWeights(shapesOf(expected), shapes)
  if (!isFullMatch(match)) {
    const what = `the training state is of another optimizer, ema or model: ${describeMatch(match)}`
    throw new DataError(path, what, 'resume with the config it was saved with')
  }
  const { tensors } = await listSafetensors(path)
  for (const [name, tensor] of Object.entries(expected)) {
    state.memory.write(tensor, await tensors[name].read())
  }
  return { metadata, log, ...(lossScale && { lossScale }) }
}

/** Refuses a checkpoint whose classes are not those of the data, label by label. */
export function requireClasses(
  path: string,
  saved: readonly string[],
  classes: readonly string[],
): void {
  if (saved.length !== classes.length) {
    const what = `it was trained on ${saved.length} classes, and the data has ${classes.length}`
    throw new DataError(path, what, 'use annotations with the same categories')
  }
  const label = saved.findIndex((name, i) => name !== classes[i])
  if (label < 0) return
  const what = `its class ${label} is '${saved[label]}', and that of the data '${classes[label]}'`
  throw new DataError(path, what, 'use annotations with the same categories')
}

function trainingTensors({ optimizer, ema }: DeviceState): Record<string, DeviceTensor> {
  const named = Object.entries({ ...optimizer, ema }).flatMap(([slot, arrays]) =>
    Object.entries(arrays).map(([name, tensor]) => [`${slot}.${name}`, tensor] as const),
  )
  return Object.fromEntries(named)
}

/** Removes all but the newest checkpoints, and what crashes have left over. */
async function removeOld(workDir: string, saved: string, keep: number | undefined) {
  const files = await readdir(workDir)
  const models = files.filter((file) => MODEL_FILE.test(file) && file !== saved)
  const dated = await Promise.all(
    models.map(async (file) => ({ file, time: (await stat(join(workDir, file))).mtimeMs })),
  )
  dated.sort((a, b) => b.time - a.time)
  const removed = dated.slice(Math.max(0, (keep ?? Number.POSITIVE_INFINITY) - 1))
  const kept = new Set([saved, ...models].filter((file) => !removed.some((r) => r.file === file)))
  const isRemoved = (file: string) => {
    const state = STATE_FILE.exec(file)
    if (state) return !kept.has(`${state[1]}.safetensors`)
    return LEFT_OVER.test(file) || (MODEL_FILE.test(file) && !kept.has(file))
  }
  for (const file of files.filter(isRemoved)) await rm(join(workDir, file), { force: true })
}

/**
 * Makes an earlier checkpoint of a work dir its newest one: those of later iterations are deleted.
 */
export async function goBackTo(workDir: string, checkpoint: string): Promise<void> {
  const kept = basename(checkpoint)
  const iterationOf = async (file: string) =>
    (await readCheckpointMetadata(join(workDir, file)))?.iteration ?? 0
  const iteration = await iterationOf(kept)
  await replaceContent(join(workDir, LATEST), `${kept}\n`, cannotWriteRun)
  for (const file of (await readdir(workDir)).filter(isModelFile)) {
    if ((await iterationOf(file)) <= iteration) continue
    await rm(join(workDir, file), { force: true })
    await rm(trainStatePath(join(workDir, file)), { force: true })
  }
}

async function requireFile(path: string, fix: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) throw new DataError(path, 'there is no such file', fix)
}

function shapesOf(tensors: Record<string, DeviceTensor>) {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]))
}
