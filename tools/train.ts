/** Trains the model of a config. */
import { basename, extname, join } from 'node:path'
import { loadConfig } from '../experiments/load.js'
import { trainConfig } from '../experiments/train_config.js'
import { EVALUATIONS_FILE, METRICS_FILE } from '../training/run_files.js'
import { scoreSummaryLines } from '../training/score_summary.js'
import type { TrainResult } from '../training/train_options.js'
import { whenStopped } from './cli/answer_signals.js'
import { command, parseCount, run } from './cli/command.js'
import {
  type ComputeFlags,
  computeOptions,
  engineOption,
  openCompute,
} from './cli/compute_flags.js'
import { resumeCommand } from './cli/resume_command.js'

interface Flags extends ComputeFlags {
  workDir?: string
  resume?: string | true
  overwrite?: boolean
  loadFrom?: string
  maxIters?: number
  seed?: number
}

const program = computeOptions(
  command(
    'train',
    'Trains the model of a config; writes metrics.jsonl, checkpoints and config.json.',
  )
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .option('--work-dir <dir>', 'where to write; work_dirs/NAME of the config by default')
    .option(
      '--resume [checkpoint]',
      'go on from the newest checkpoint of the work dir, or from one that is named',
    )
    .option(
      '--load-from <checkpoint>',
      'start from the weights of a file (.safetensors, .pth) or work dir',
    )
    .option('--overwrite', 'delete the run that the work dir holds, and start anew')
    .option('--max-iters <n>', 'stop after this many iterations', parseCount(1))
    .option('--seed <n>', 'instead of the seed of the config', parseCount(0))
    .addOption(engineOption()),
)

await run<Flags>(program, async ([configPath], flags, say) => {
  whenStopped(() => 'stopped before the first iteration; there is nothing new to save')
  const seed = flags.seed === undefined ? [] : [`seed=${flags.seed}`]
  const config = await loadConfig(configPath, [...flags.cfgOptions, ...seed])
  const name = basename(configPath, extname(configPath))
  const workDir = flags.workDir ?? join('work_dirs', name)
  const { resume, overwrite, loadFrom, maxIters } = flags
  const compute = openCompute(flags, config.precision, say)
  const options = { workDir, resume, overwrite, loadFrom, maxIters, compute, say }
  const result = await trainConfig(config, options)
  for (const line of outcomeLines(result, workDir)) say(line)
  return { workDir, ...result }
})

/** How a run ended, and where things are. */
function outcomeLines(result: TrainResult, workDir: string): string[] {
  const { reason, iteration, checkpoint, ap, top1 } = result
  const scores = scoreSummaryLines({ ...ap, top1 })
  const logs = [METRICS_FILE, ...(scores.length > 0 ? [EVALUATIONS_FILE] : [])]
  return [
    `${reason} after ${iteration} iterations`,
    ...scores,
    `checkpoint: ${checkpoint}`,
    `metrics: ${logs.map((file) => join(workDir, file)).join(', ')}`,
    reason === 'interrupted'
      ? `go on with: ${resumeCommand('train')}`
      : `npx vanilladet report ${workDir} makes a page of them`,
  ]
}
