import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { BenchmarkRow } from '../deploy/benchmark_document.js'
import type { NamedConfig } from './benchmark_entries.js'

/** What every row of a benchmark is timed with. */
export interface MemoryOptions {
  cfgOptions: readonly string[]
  checkpoint: string
  threads?: number
}

/**
 * The most memory that the detector of a row holds while it runs, MiB, in a process of its own: this very command with
 * `--only-memory`. In one process they would all stand on the same memory.
 */
export async function memoryInChild(
  { form, shape, batch }: BenchmarkRow,
  { path }: NamedConfig,
  { cfgOptions, checkpoint, threads }: MemoryOptions,
): Promise<number | null> {
  const args = [
    ...[path, '--form', form, '--shape', ...shape.map(String), '--batch', String(batch)],
    ...['--checkpoint', checkpoint, '--only-memory', '--json'],
    ...(threads ? ['--threads', String(threads)] : []),
    ...(cfgOptions.length > 0 ? ['--cfg-options', ...cfgOptions] : []),
  ]
  const command = [...process.execArgv, process.argv[1], ...args]
  const { stdout } = await promisify(execFile)(process.execPath, command)
  return JSON.parse(stdout).peakMemoryMiB
}
