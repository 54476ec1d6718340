import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { Config } from '../../registry.js'
import { tinyExperiment } from '../experiments/tiny_experiment.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSX = import.meta.resolve('tsx')

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

interface RunOptions {
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Module to load before the command. */
  preload?: string
}

/** Runs a command of `tools/` as a user does. */
export function runCommand(
  command: string,
  args: string[],
  { env = {}, cwd = ROOT, preload }: RunOptions = {},
): Promise<Outcome> {
  const file = join(ROOT, 'tools', `${command}.ts`)
  const imports = [TSX, preload].flatMap((url) => (url ? [`--import=${url}`] : []))
  const child = spawn(process.execPath, [...imports, file, ...args], {
    cwd,
    env: { ...process.env, ...env },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => (stdout += text))
  child.stderr.on('data', (text) => (stderr += text))
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Makes a tiny config, in a folder with its images. */
type Experiment = (t: ExecutionContext) => Promise<{ folder: string; config: Config }>

/** A tiny config as a file, in a folder with its images. */
export async function configFile(
  t: ExecutionContext,
  experiment: Experiment = tinyExperiment,
): Promise<{ folder: string; path: string }> {
  const { folder, config } = await experiment(t)
  const path = join(folder, 'tiny.ts')
  await writeFile(path, `export default ${JSON.stringify(config)}\n`)
  return { folder, path }
}
