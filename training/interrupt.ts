const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Whether the user (or a cluster) has asked training to stop. */
export interface Interrupt {
  requested(): boolean
  /** Gives the signals back. */
  stop(): void
}

/**
 * Listens for Ctrl-C and SIGTERM, so that the iteration can end and be saved. A second signal ends the
 * process at once.
 *
 * @param onRequest called at the first signal.
 */
export function listenForInterrupt(onRequest: () => void): Interrupt {
  let requested = false
  const listener = (signal: NodeJS.Signals) => {
    if (requested) {
      stop()
      process.kill(process.pid, signal)
      return
    }
    requested = true
    onRequest()
  }
  const stop = () => {
    for (const signal of SIGNALS) process.off(signal, listener)
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return { requested: () => requested, stop }
}
