import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../errors.js'
import { type LockOwner, stateOf, thisProcess } from './lock_owner.js'

const LOCK_FILE = /^train\.[0-9a-f]{8}\.lock$/

/** The right to write in a work dir, of one training at a time. */
export interface RunLock {
  /** Worth knowing: a sentence for each lock of a process that is gone, which was removed. */
  readonly notes: readonly string[]
  release(): Promise<void>
}

/** Refuses a work dir that another training writes in, without writing anything. */
export async function requireUnlocked(workDir: string): Promise<void> {
  for (const file of await lockFiles(workDir)) await readAbandoned(workDir, file)
}

/**
 * Takes the lock of a work dir, which must exist. Locks of processes on this machine that have
 * ended are removed; its own goes with the process at the latest, unless that is killed.
 *
 * Each training has a lock file of its own name. It is made before others are looked for, so that
 * of two that start at once at least one sees the other; and a lock that is removed is never one
 * that somebody has just taken.
 *
 * @throws DataError where another training runs, or may run, in the work dir.
 */
export async function lockWorkDir(workDir: string): Promise<RunLock> {
  const name = `train.${randomBytes(4).toString('hex')}.lock`
  const path = join(workDir, name)
  const onExit = () => rmSync(path, { force: true })
  process.on('exit', onExit)
  const release = async () => {
    process.off('exit', onExit)
    await rm(path, { force: true })
  }
  try {
    await writeOwner(path)
    const abandoned: { file: string; owner: LockOwner }[] = []
    for (const file of await lockFiles(workDir)) {
      if (file === name) continue
      const owner = await readAbandoned(workDir, file)
      if (owner) abandoned.push({ file, owner })
    }
    for (const { file } of abandoned) await rm(join(workDir, file), { force: true })
    const notes = abandoned.map(({ owner }) => {
      return `a training in ${workDir} ended without removing its lock (${describe(owner)}); it is removed`
    })
    return { notes, release }
  } catch (error) {
    await release()
    throw error
  }
}

async function writeOwner(path: string): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(`${JSON.stringify(await thisProcess())}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function lockFiles(workDir: string): Promise<string[]> {
  const files = await readdir(workDir).catch(() => [])
  return files.filter((file) => LOCK_FILE.test(file))
}

/** The owner of a lock, if it is gone; undefined where the lock is gone itself. */
async function readAbandoned(workDir: string, file: string): Promise<LockOwner | undefined> {
  const path = join(workDir, file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path)
  }
  const owner = parseOwner(text)
  if (!owner) throw unreadable(path)
  const state = await stateOf(owner)
  if (state === 'gone') return owner
  if (state === 'alive') {
    const what = `another training runs in it (${describe(owner)})`
    throw new DataError(workDir, what, 'wait for its end, or give another --work-dir')
  }
  throw new DataError(
    workDir,
    `a training on ${owner.host} runs in it, or ended without removing its lock (${describe(owner)})`,
    `if it has ended, delete ${path}, else give another --work-dir`,
  )
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as LockOwner
    return typeof owner.host === 'string' && typeof owner.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}

function unreadable(path: string): DataError {
  return new DataError(path, 'does not say whose lock it is', 'delete it if no training runs there')
}

function describe({ pid, since }: LockOwner): string {
  return `process ${pid}, since ${since}`
}
