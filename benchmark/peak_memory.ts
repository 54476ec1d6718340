import { readFileSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** `/proc/self/clear_refs`: sets the peak to what is resident now. */
const RESET_PEAK = '5'

/**
 * The most memory of this process that is resident while `work` runs, MiB. What nobody holds any
 * more is collected before.
 *
 * @returns null where the system does not report it: it takes Linux.
 */
export async function peakMemoryDuring(work: () => Promise<unknown>): Promise<number | null> {
  collectGarbage()
  const canTell = resetPeak()
  await work()
  return canTell ? readPeak() : null
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
}

function resetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', RESET_PEAK)
    return true
  } catch {
    return false // not Linux, or /proc is read-only
  }
}

function readPeak(): number | null {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return kilobytes === undefined ? null : Number(kilobytes) / 1024
}
