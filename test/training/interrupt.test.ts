import test from 'ava'
import { isInterruptAwaited, listenForInterrupt } from '../../training/interrupt.js'

/** Runs `body` with a clock that it sets, and returns the signals that the process sent to itself. */
function withClock(body: (set: (milliseconds: number) => void) => void): unknown[] {
  const { now } = performance
  const { kill } = process
  const sent: unknown[] = []
  let time = 1000
  performance.now = () => time
  process.kill = (_, signal) => {
    sent.push(signal)
    return true
  }
  try {
    body((milliseconds) => {
      time = milliseconds
    })
  } finally {
    performance.now = now
    process.kill = kill
  }
  return sent
}

test.serial('a signal that comes again within two seconds is the same request', (t) => {
  let requests = 0
  const sent = withClock((setTime) => {
    const interrupt = listenForInterrupt(() => requests++)
    t.false(interrupt.requested())
    process.emit('SIGINT', 'SIGINT')
    t.true(interrupt.requested())
    setTime(1030)
    process.emit('SIGINT', 'SIGINT')
    setTime(2999)
    process.emit('SIGTERM', 'SIGTERM')
    interrupt.stop()
  })
  t.is(requests, 1)
  t.deepEqual(sent, [])
})

test.serial('a second signal after more than two seconds ends the process at once', (t) => {
  const sent = withClock((setTime) => {
    const interrupt = listenForInterrupt(() => {})
    process.emit('SIGINT', 'SIGINT')
    setTime(3001)
    process.emit('SIGINT', 'SIGINT')
    t.false(isInterruptAwaited())
    interrupt.stop()
  })
  t.deepEqual(sent, ['SIGINT'])
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
