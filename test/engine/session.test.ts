import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import test from 'ava'
import { compile, setSharedThreads, sharedThreads } from '../../engine/index.js'
import { floats } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'

const THREADS = availableParallelism() + 3

/** Threads of this process; undefined where the system does not report it. */
function threadCount(): number | undefined {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : undefined
}

test('sessions share as many threads as were asked for, once and for all', async (t) => {
  t.is(sharedThreads(), availableParallelism())
  setSharedThreads(THREADS)
  t.is(sharedThreads(), THREADS)

  const before = threadCount()
  const absolute = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.abs(x) }), { name: 'abs' })
  await absolute.run({ x: floats([-1], [1]) })
  await absolute.dispose()
  // The caller's is one
  if (before !== undefined) t.true((threadCount() ?? 0) - before >= THREADS - 1)

  setSharedThreads(THREADS)
  t.throws(() => setSharedThreads(1), {
    message: `setSharedThreads: ${THREADS} threads are running already; call it before anything is computed`,
  })
})
