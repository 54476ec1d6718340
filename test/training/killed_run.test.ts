/** Runs that were killed, and two that want one work dir. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import ava from 'ava'
import { train } from '../../training/loop.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { linesOf, optionsOf } from './tiny_run.js'

// One at a time: every run listens for the signals of this process.
const test = ava.serial

const ENDLESS_RUN = fileURLToPath(new URL('endless_run.ts', import.meta.url))

const locksIn = (workDir: string) => readdirSync(workDir).filter((name) => name.endsWith('.lock'))

/** A training process that has saved a checkpoint. */
async function runningIn(workDir: string) {
  const child = spawn(
    process.execPath,
    [`--import=${import.meta.resolve('tsx')}`, ENDLESS_RUN, workDir],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let stderr = ''
  child.stderr.on('data', (text) => (stderr += text))
  while (!existsSync(join(workDir, 'latest'))) {
    if (child.exitCode !== null) throw new Error(stderr)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return child
}

test('a run that was killed is resumed at once; while it ran its work dir was refused', async (t) => {
  const workDir = join(await temporaryFolder(t), 'run')
  const child = await runningIn(workDir)
  const schedule = { epochs: 100_000 }
  const resumed = optionsOf({ workDir, resume: true, schedule })
  const error = await t.throwsAsync(train(resumed), { name: 'DataError' })
  t.regex(
    error?.message ?? '',
    new RegExp(
      `^${workDir}: another training runs in it \\(process ${child.pid}, since [-0-9T:.]+Z\\); wait for its end, or give another --work-dir$`,
    ),
  )
  child.kill('SIGKILL')
  await once(child, 'close')
  t.is(locksIn(workDir).length, 1, 'it is killed with its lock')

  const progressStream = new PassThrough() as unknown as NodeJS.WriteStream
  const last = Math.max(...(await linesOf(workDir)).map(({ iter }) => iter))
  const result = await train({ ...resumed, maxIters: last + 6, progressStream })
  t.is(result.iteration, last + 6)
  const output = String((progressStream as unknown as PassThrough).read())
  t.regex(
    output,
    /^a training in .* ended without removing its lock \(process \d+, since .*\); it is removed$/m,
  )
  t.deepEqual(locksIn(workDir), [])
  t.deepEqual(
    (await linesOf(workDir)).map(({ iter }) => iter),
    Array.from({ length: last + 6 }, (_, i) => i + 1),
    'its lines are whole',
  )
})

test('two runs in one process do not share a work dir either', async (t) => {
  const options = optionsOf()
  let second: Promise<unknown> = Promise.resolve()
  const onLog = ({ iter }: { iter: number }) => {
    if (iter === 2) second = t.throwsAsync(train({ ...options, resume: true }))
  }
  await train({ ...options, hooks: { onLog } })
  await second
  t.is((await linesOf(options.workDir)).length, 6)
  t.deepEqual(
    (await readdir(options.workDir)).filter((name) => name.endsWith('.lock')),
    [],
  )
})
