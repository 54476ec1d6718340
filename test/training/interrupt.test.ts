import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { isInterruptAwaited, listenForInterrupt } from '../../training/interrupt.js'

/** Keeps the process from ending itself; the signals that it sends itself are collected. */
function withoutKill(t: { teardown(restore: () => void): void }): unknown[] {
  const { kill } = process
  const sent: unknown[] = []
  process.kill = (_, signal) => {
    sent.push(signal)
    return true
  }
  t.teardown(() => {
    process.kill = kill
  })
  return sent
}

test.serial('a signal that comes again at once is the same request', (t) => {
  const sent = withoutKill(t)
  let requests = 0
  const interrupt = listenForInterrupt(() => requests++)
  t.false(interrupt.requested())
  process.emit('SIGINT', 'SIGINT')
  t.true(interrupt.requested())
  process.emit('SIGINT', 'SIGINT')
  process.emit('SIGTERM', 'SIGTERM')
  interrupt.stop()
  t.is(requests, 1)
  t.deepEqual(sent, [])
})

test.serial(
  'a signal that waited while the thread was busy for seconds is the same request',
  async (t) => {
    const sent = withoutKill(t)
    const interrupt = listenForInterrupt(() => {})
    process.emit('SIGINT', 'SIGINT')
    const until = performance.now() + 2500
    while (performance.now() < until);
    await sleep(0) // timers that are due come before signals
    process.emit('SIGINT', 'SIGINT')
    interrupt.stop()
    t.deepEqual(sent, [])
  },
)

test.serial('a second signal after more than two seconds ends the process at once', async (t) => {
  const sent = withoutKill(t)
  const interrupt = listenForInterrupt(() => {})
  process.emit('SIGINT', 'SIGINT')
  const startedAt = performance.now()
  while (sent.length === 0) {
    await sleep(50)
    process.emit('SIGINT', 'SIGINT')
  }
  t.true(performance.now() - startedAt >= 1900)
  t.deepEqual(sent, ['SIGINT'])
  t.false(isInterruptAwaited())
  interrupt.stop()
})

test.serial(
  'signals are awaited from listening to stopping, however often that is asked for',
  (t) => {
    const before = process.listenerCount('SIGINT')
    const [first, second] = [listenForInterrupt(() => {}), listenForInterrupt(() => {})]
    first.stop()
    first.stop()
    t.true(isInterruptAwaited())
    second.stop()
    t.false(isInterruptAwaited())
    t.is(process.listenerCount('SIGINT'), before)
  },
)
