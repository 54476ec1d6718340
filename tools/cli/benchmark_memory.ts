import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { BenchmarkRow } from '../../benchmark/benchmark_document.js'
import type { NamedConfig } from './benchmark_entries.js'

/** What every row of a benchmark is timed with. */
export interface MemoryOptions {
  cfgOptions: readonly string[]
  checkpoint: string
  threads?: number
  allowCpuNodes?: boolean
}

/**
 * The most memory that the detector of a row holds while it runs, MiB, in a process of its own:
 * this very command with `--only-memory`. In one process they would all stand on the same memory.
 *
 * @returns null with the reason, where that process failed: what was timed is not to be lost for
 *   it.
 */
export async function memoryInChild(
  { form, shape, batch, device, precision }: BenchmarkRow,
  { path }: NamedConfig,
  { cfgOptions, checkpoint, threads, allowCpuNodes }: MemoryOptions,
): Promise<{ peakMemoryMiB: number | null; problem?: string }> {
  const args = [
    ...[path, '--form', form, '--shape', ...shape.map(String), '--batch', String(batch)],
    ...['--checkpoint', checkpoint, '--only-memory', '--json'],
    ...['--device', device, ...(precision ? ['--precision', precision] : [])],
    ...(allowCpuNodes ? ['--allow-cpu-nodes'] : []),
    ...(threads ? ['--threads', String(threads)] : []),
    ...(cfgOptions.length > 0 ? ['--cfg-options', ...cfgOptions] : []),
  ]
  const command = [...process.execArgv, process.argv[1], ...args]
  try {
    const { stdout } = await promisify(execFile)(process.execPath, command)
    return { peakMemoryMiB: JSON.parse(stdout).peakMemoryMiB }
  } catch (error) {
    const { signal, code, message } = error as { signal?: string; code?: number; message: string }
    const ended = signal ? `killed by ${signal}` : `exit ${code ?? message}`
    return { peakMemoryMiB: null, problem: `its process ended: ${ended}` }
  }
}
