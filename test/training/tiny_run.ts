import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import ava from 'ava'
import type { TrainOptions } from '../../training/train_options.js'
import { TinyDetector, TinyLoader } from './tiny_detector.js'

export const folder = await mkdtemp(join(tmpdir(), 'loop-'))
ava.after.always(() => rm(folder, { recursive: true }))

let serial = 0
const newWorkDir = () => join(folder, `run_${serial++}`)

/** Two epochs of three iterations with AdamW. */
export function optionsOf(overrides: Partial<TrainOptions> = {}): TrainOptions {
  return {
    model: new TinyDetector().initialize(2),
    loader: new TinyLoader(3),
    optimizer: { type: 'AdamW', learningRate: 0.05, weightDecay: 0.05 },
    schedule: { epochs: 2, warmupIters: 2, decayEpochs: [1] },
    logging: { interval: 1 },
    checkpoint: { interval: 1 },
    seed: 2,
    classes: ['thing', 'other'],
    config: { model: { type: 'TinyDetector' } },
    workDir: newWorkDir(),
    progressStream: new PassThrough().resume() as unknown as NodeJS.WriteStream,
    ...overrides,
  }
}

export async function linesOf(
  workDir: string,
  file = 'metrics.jsonl',
): Promise<Record<string, number>[]> {
  const text = await readFile(join(workDir, file), 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** Log lines without what no two runs share. */
export async function timelessLines(workDir: string) {
  const lines = await linesOf(workDir)
  return lines.map(({ compileTime: _, ...line }) => ({
    ...line,
    time: 0,
    dataTime: 0,
    memoryMiB: 0,
  }))
}

export async function checkpointBytes(path: string): Promise<Buffer[]> {
  const state = path.replace(/\.safetensors$/, '.train_state.safetensors')
  return [await readFile(path), await readFile(state)]
}
