import { execFileSync } from 'node:child_process'

/**
 * The first GPU of a machine, as NVIDIA's driver reports it; nothing where there is no such
 * driver.
 */
export function describeGpu(): { gpu?: string; driver?: string } {
  const [gpu, driver] = askDriver('gpu', ['name', 'driver_version'])[0] ?? []
  return gpu && driver ? { gpu, driver } : {}
}

/** Memory of the first GPU that is in use, MiB. */
export interface GpuMemoryInUse {
  /** Missing where the process is not on the GPU, or the driver does not tell processes apart. */
  ofProcess?: number
  ofAll: number
}

/** What a process and all others use; undefined where there is no such driver. */
export function gpuMemoryInUse(pid: number = process.pid): GpuMemoryInUse | undefined {
  const all = Number(askDriver('gpu', ['memory.used'])[0]?.[0] ?? Number.NaN)
  if (!Number.isFinite(all)) return undefined
  const own = askDriver('compute-apps', ['pid', 'used_memory'])
    .filter(([of, used]) => Number(of) === pid && Number.isFinite(Number(used)))
    .map(([, used]) => Number(used))
  return { ...(own.length > 0 && { ofProcess: own[0] }), ofAll: all }
}

/** Rows of `nvidia-smi`; none where it cannot be asked. */
function askDriver(what: 'gpu' | 'compute-apps', columns: readonly string[]): string[][] {
  try {
    const args = [`--query-${what}=${columns.join()}`, '--format=csv,noheader,nounits']
    const text = execFileSync('nvidia-smi', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000, // ms; a driver that hangs would hold up all
    })
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => line.split(',').map((cell) => cell.trim()))
  } catch {
    return [] // no NVIDIA driver, or none that answers
  }
}
