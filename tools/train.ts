/** Trains the model of a config. */
import { basename, extname, join } from 'node:path'
import { loadConfig } from '../experiments/load.js'
import { trainConfig } from '../experiments/train_config.js'
import { command, parseCount, run } from './command.js'
import { type ComputeFlags, computeOptions, engineOption, openCompute } from './compute_flags.js'

interface Flags extends ComputeFlags {
  workDir?: string
  resume?: string | true
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
      'go on from the newest checkpoint of the work dir, or from one',
    )
    .option('--load-from <checkpoint>', 'start from the weights of a .safetensors or .pth file')
    .option('--max-iters <n>', 'stop after this many iterations', parseCount(1))
    .option('--seed <n>', 'instead of the seed of the config', parseCount(0))
    .addOption(engineOption()),
)

await run<Flags>(program, async ([configPath], flags, say) => {
  const seed = flags.seed === undefined ? [] : [`seed=${flags.seed}`]
  const config = await loadConfig(configPath, [...flags.cfgOptions, ...seed])
  const name = basename(configPath, extname(configPath))
  const workDir = flags.workDir ?? join('work_dirs', name)
  const { resume, loadFrom, maxIters } = flags
  const compute = openCompute(flags, config.precision, say)
  const options = { workDir, resume, loadFrom, maxIters, compute, say }
  const result = await trainConfig(config, options)
  say(`${result.reason} after ${result.iteration} iterations: ${result.checkpoint}`)
  return { workDir, ...result }
})
