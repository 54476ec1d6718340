import { readFileSync } from 'node:fs'

/** The most memory of this process that was resident, in bytes. */
export function peakBytes(): number {
  try {
    // Where this is, `maxRSS` also counts the process that started this one.
    const [, kilobytes] =
      /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kilobytes !== undefined) return 1024 * Number(kilobytes)
  } catch {
    // not Linux
  }
  return 1024 * process.resourceUsage().maxRSS
}
