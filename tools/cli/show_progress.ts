import { Presets, SingleBar } from 'cli-progress'

/** Seconds between two lines where standard error is no terminal. */
const LINE_EVERY = 30

/**
 * A progress bar with ETA on a terminal, and a plain line now and then elsewhere; both on standard
 * error.
 */
export function showProgress(unit: string): (done: number, total: number) => void {
  return process.stderr.isTTY ? onTerminal(unit) : asLines(unit)
}

function onTerminal(unit: string): (done: number, total: number) => void {
  const format = `{bar} {value}/{total} ${unit} | ETA {eta_formatted}`
  const bar = new SingleBar({ format, stream: process.stderr }, Presets.shades_classic)
  return (done, total) => {
    if (!bar.isActive) bar.start(total, 0)
    bar.update(done)
    if (done === total) bar.stop()
  }
}

function asLines(unit: string): (done: number, total: number) => void {
  const startedAt = performance.now()
  let shownAt = startedAt
  return (done, total) => {
    const now = performance.now()
    if (done < total && now - shownAt < LINE_EVERY * 1000) return
    shownAt = now
    const seconds = ((now - startedAt) / done) * ((total - done) / 1000)
    process.stderr.write(`${done}/${total} ${unit}, ETA ${Math.round(seconds)} s\n`)
  }
}
