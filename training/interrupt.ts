/** Ctrl-C, a cluster's request, and a terminal that is closed. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]

/**
 * Milliseconds in which a signal that comes again is the same request: a terminal sends Ctrl-C to
 * the whole process group, and npm and tsx pass it on to the process that they started.
 */
const REPEAT_MS = 2000
const TICK_MS = 100

/** Whether the user (or a cluster) has asked training to stop. */
export interface Interrupt {
  requested(): boolean
  /** Gives the signals back. */
  stop(): void
}

let listening = 0

/** Whether something listens that ends by itself after a signal, and saves. */
export function isInterruptAwaited(): boolean {
  return listening > 0
}

/**
 * Listens for Ctrl-C, SIGTERM and SIGHUP, so that the iteration can end and be saved. A second
 * signal, more than two seconds after the first, ends the process at once.
 *
 * @param onRequest called at the first signal.
 */
export function listenForInterrupt(onRequest: () => void): Interrupt {
  let repeats: RepeatWindow | undefined
  const listener = (signal: NodeJS.Signals) => {
    if (repeats === undefined) {
      repeats = openRepeatWindow()
      onRequest()
    } else if (repeats.isOver()) {
      stop()
      process.kill(process.pid, signal)
    }
  }
  let isListening = true
  const stop = () => {
    if (!isListening) return
    isListening = false
    listening--
    for (const signal of STOP_SIGNALS) process.off(signal, listener)
  }
  listening++
  for (const signal of STOP_SIGNALS) process.on(signal, listener)
  return { requested: () => repeats !== undefined, stop }
}

/** The time in which a signal is the same request as one before. */
export interface RepeatWindow {
  isOver(): boolean
}

/**
 * Opens that time. Only time in which signals could be answered counts: one that was sent while the
 * thread traced a graph for seconds is seen when it is done, and nobody knows how old it is.
 */
export function openRepeatWindow(): RepeatWindow {
  let left = REPEAT_MS
  const timer = setInterval(() => {
    left -= TICK_MS
    if (left <= 0) clearInterval(timer)
  }, TICK_MS).unref()
  return { isOver: () => left <= 0 }
}
