import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** A process, distinguished from those on other machines and from later ones with its number. */
export interface LockOwner {
  host: string
  pid: number
  /** When it took the lock, ISO 8601. */
  since: string
  /** What Linux knows beside; undefined elsewhere. */
  linux?: LinuxIdentity
}

interface LinuxIdentity {
  /** Another one after each start of the machine. */
  boot: string
  /** Process numbers count within it: a container has one of its own. */
  pidNamespace: string
  /** Clock ticks from the machine's start to that of the process. */
  startTicks: string
}

/** This process, as it writes itself into its locks. */
export async function thisProcess(): Promise<LockOwner> {
  const { pid } = process
  const linux = await linuxIdentity(pid)
  return { host: hostname(), pid, since: new Date().toISOString(), ...(linux && { linux }) }
}

/** Whether a process still runs; `unknown` where that cannot be seen from here. */
export async function stateOf({
  host,
  pid,
  linux,
}: LockOwner): Promise<'alive' | 'gone' | 'unknown'> {
  const here = await thisProcess()
  if (host !== here.host) return 'unknown'
  if (!linux || !here.linux) return isSignalled(pid) ? 'alive' : 'gone'
  if (linux.boot !== here.linux.boot) return 'gone'
  if (linux.pidNamespace !== here.linux.pidNamespace) return 'unknown'
  const now = await readStat(pid)
  return now?.startTicks === linux.startTicks && !now.isZombie ? 'alive' : 'gone'
}

async function linuxIdentity(pid: number): Promise<LinuxIdentity | undefined> {
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    const pidNamespace = await readlink('/proc/self/ns/pid')
    const stat = await readStat(pid)
    return stat && { boot, pidNamespace, startTicks: stat.startTicks }
  } catch {
    return undefined // not Linux, or a /proc without them
  }
}

/** Undefined where there is no such process. */
async function readStat(
  pid: number,
): Promise<{ startTicks: string; isZombie: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // `pid (name) state ...`: the name may hold spaces and parentheses; the start is field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { startTicks: fields[19], isZombie: ['Z', 'X'].includes(fields[0]) }
}

function isSignalled(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // somebody else's process
  }
}
