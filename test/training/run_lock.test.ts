import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { type LockOwner, thisProcess } from '../../training/lock_owner.js'
import { lockWorkDir, requireUnlocked } from '../../training/run_lock.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

const LOCK = 'train.0123abcd.lock'

async function leaveLock(workDir: string, change: Partial<LockOwner>): Promise<LockOwner> {
  const owner = { ...(await thisProcess()), ...change }
  await writeFile(join(workDir, LOCK), JSON.stringify(owner))
  return owner
}

test('a lock says whose it is while it is held, and is gone afterwards', async (t) => {
  const workDir = await temporaryFolder(t)
  const lock = await lockWorkDir(workDir)
  t.deepEqual(lock.notes, [])
  const [name] = await readdir(workDir)
  t.regex(name, /^train\.[0-9a-f]{8}\.lock$/)
  t.is(JSON.parse(await readFile(join(workDir, name), 'utf8')).pid, process.pid)
  await lock.release()
  t.deepEqual(await readdir(workDir), [])
})

test('a work dir that is locked is refused, and stays locked', async (t) => {
  const workDir = await temporaryFolder(t)
  const { pid, since } = await leaveLock(workDir, {})
  const message = `${workDir}: another training runs in it (process ${pid}, since ${since}); wait for its end, or give another --work-dir`
  await t.throwsAsync(requireUnlocked(workDir), { name: 'DataError', message })
  await t.throwsAsync(lockWorkDir(workDir), { name: 'DataError', message })
  t.deepEqual(await readdir(workDir), [LOCK])
})

test('the lock of a process that is gone is taken over, with a sentence', async (t) => {
  const workDir = await temporaryFolder(t)
  const { since } = await leaveLock(workDir, { pid: 2 ** 30 })
  await requireUnlocked(workDir)
  t.deepEqual(await readdir(workDir), [LOCK], 'looking writes nothing')
  const lock = await lockWorkDir(workDir)
  t.deepEqual(lock.notes, [
    `a training in ${workDir} ended without removing its lock (process ${2 ** 30}, since ${since}); it is removed`,
  ])
  t.is((await readdir(workDir)).length, 1)
  await lock.release()
  t.deepEqual(await readdir(workDir), [])
})

test('the lock of another host is refused, and the file named', async (t) => {
  const workDir = await temporaryFolder(t)
  const { pid, since } = await leaveLock(workDir, { host: 'node-7' })
  await t.throwsAsync(lockWorkDir(workDir), {
    name: 'DataError',
    message:
      `${workDir}: a training on node-7 runs in it, or ended without removing its lock (process ${pid}, since ${since}); ` +
      `if it has ended, delete ${join(workDir, LOCK)}, else give another --work-dir`,
  })
  t.deepEqual(await readdir(workDir), [LOCK])
})

test('a lock that says nothing is refused, and the file named', async (t) => {
  const workDir = await temporaryFolder(t)
  for (const text of ['', '{}', 'null']) {
    await writeFile(join(workDir, LOCK), text)
    await t.throwsAsync(requireUnlocked(workDir), {
      message: `${join(workDir, LOCK)}: does not say whose lock it is; delete it if no training runs there`,
    })
  }
})

test('of many that start at once, beside a lock left over, one at most gets in', async (t) => {
  for (let round = 0; round < 10; round++) {
    const workDir = await temporaryFolder(t)
    await leaveLock(workDir, { pid: 2 ** 30 })
    const tries = await Promise.allSettled(Array.from({ length: 4 }, () => lockWorkDir(workDir)))
    const held = tries.filter(({ status }) => status === 'fulfilled')
    t.true(held.length <= 1, `${held.length}`)
    const left = (await readdir(workDir)).filter((name) => name !== LOCK)
    t.is(left.length, held.length, 'those that were refused leave nothing')
  }
})

test('other files, and no folder, are no lock', async (t) => {
  const workDir = await temporaryFolder(t)
  await writeFile(join(workDir, 'train.lock'), '')
  await t.notThrowsAsync(requireUnlocked(workDir))
  await t.notThrowsAsync(requireUnlocked(join(workDir, 'nowhere')))
})
