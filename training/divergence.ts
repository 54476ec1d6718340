import { basename } from 'node:path'
import { TrainingError } from '../errors.js'
import { isExhausted, type LossScaleState } from './optim/loss_scale.js'

/**
 * Training that has lost its way: nothing is saved then, since the weights have mostly gone astray
 * before, going on from them repeats the same update, and a new checkpoint would push out a good
 * one.
 */
export class Divergence extends TrainingError {}

/** Where an update stands, for messages. */
interface Update {
  /** From 1. */
  iteration: number
  /** The newest checkpoint, if there is one. */
  checkpoint: string | undefined
}

/** Error of an update whose metrics are not all finite. */
export function notFinite(
  metrics: Readonly<Record<string, number>>,
  { iteration, checkpoint }: Update,
): Divergence {
  const broken = Object.entries(metrics).filter(([, value]) => !Number.isFinite(value))
  const values = broken.map(([name, value]) => `${name} is ${value}`).join(', ')
  return new Divergence(
    `at iteration ${iteration} ${values}; ${lastSave(checkpoint)}`,
    'lower optimizer.learningRate, lengthen schedule.warmupIters, or set optimizer.maxGradNorm',
  )
}

/** @throws Divergence where the loss scale has fallen too low to go on. */
export function requireScale(lossScale: LossScaleState, { iteration, checkpoint }: Update): void {
  if (!isExhausted(lossScale)) return
  throw new Divergence(
    `at iteration ${iteration} the loss scale fell below 1 after ${lossScale.skippedUpdates} skipped updates, ` +
      `since activations or gradients overflow float16; ${lastSave(checkpoint)}`,
    'go on in precision fp32, or lower optimizer.learningRate',
  )
}

function lastSave(checkpoint: string | undefined): string {
  return checkpoint ? `the last checkpoint is ${basename(checkpoint)}` : 'nothing was saved'
}
