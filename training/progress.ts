import { Presets, SingleBar } from 'cli-progress'

/** What a progress line tells. */
export interface ProgressLine {
  /** Updates done. */
  iter: number
  /** From 1. */
  epoch: number
  lr: number
  /** Absent if no update was made. */
  loss?: number
  /** Seconds an iteration. */
  time: number
  /** Seconds of it spent waiting for data. */
  dataTime: number
  memoryMiB: number
}

/** Shows how training stands: one moving line on a terminal, a line a report elsewhere. */
export interface Progress {
  /** A new number of updates. */
  advance(iteration: number): void
  /** A logged line. */
  report(line: ProgressLine): void
  /** Something to be read once. */
  say(text: string): void
  stop(): void
}

export interface ProgressOptions {
  /** Updates done before this run. */
  start: number
  /** Updates at the end. */
  total: number
  epochs: number
  /** @default process.stderr */
  stream?: NodeJS.WriteStream
}

export function startProgress(options: ProgressOptions): Progress {
  const stream = options.stream ?? process.stderr
  return stream.isTTY ? terminalProgress(options, stream) : plainProgress(options, stream)
}

function terminalProgress(
  { start, total, epochs }: ProgressOptions,
  stream: NodeJS.WriteStream,
): Progress {
  const remaining = remainingTime(start, total)
  const format = '{bar} {value}/{total} | ETA {remaining} | {text}'
  const bar = new SingleBar({ format, stream, hideCursor: true }, Presets.shades_classic)
  bar.start(total, start, { remaining: '-', text: 'first iteration' })
  return {
    advance: (iteration) => bar.update(iteration, { remaining: remaining(iteration) }),
    report: (line) => bar.update({ text: describe(line, epochs) }),
    say(text) {
      stream.write(`\r\u001b[K${text}\n`) // over the bar, which is drawn anew below
    },
    stop: () => bar.stop(),
  }
}

function plainProgress(
  { start, total, epochs }: ProgressOptions,
  stream: NodeJS.WriteStream,
): Progress {
  const remaining = remainingTime(start, total)
  return {
    advance() {},
    report(line) {
      const eta = remaining(line.iter)
      stream.write(`iter ${line.iter}/${total}, ${describe(line, epochs)}, ETA ${eta}\n`)
    },
    say: (text) => void stream.write(`${text}\n`),
    stop() {},
  }
}

function describe(line: ProgressLine, epochs: number): string {
  const { epoch, lr, loss, time, dataTime, memoryMiB } = line
  return (
    `epoch ${epoch}/${epochs}, lr ${lr.toExponential(3)}, ` +
    `${loss === undefined ? 'no update' : `loss ${loss.toFixed(4)}`}, ` +
    `${time.toFixed(3)} s/iter (data ${dataTime.toFixed(3)}), ${Math.round(memoryMiB)} MiB`
  )
}

/** A function that tells the time left as `1:02:03`, from the mean pace since now. */
function remainingTime(start: number, total: number): (iteration: number) => string {
  const since = performance.now()
  return (iteration) => {
    if (iteration <= start) return '-'
    const pace = (performance.now() - since) / (iteration - start)
    return clock(Math.round((pace * (total - iteration)) / 1000))
  }
}

/** `3723` seconds as `1:02:03`. */
export function clock(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}
