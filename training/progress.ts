import { Presets, SingleBar } from 'cli-progress'
import type { LogLine } from './metrics_log.js'
import { describeScores } from './score_summary.js'

/** What a progress line reports. */
export interface ProgressLine {
  /** Updates done. */
  iter: number
  /** Number of the epoch, from 1. */
  epoch: number
  lr: number
  /** Absent if no update was made. */
  loss?: number
  /** Seconds an iteration. */
  time: number
  /** Seconds of it spent waiting for data. */
  dataTime: number
  /** Seconds that graphs took to make, which are in no iteration's. */
  compileTime?: number
  memoryMiB: number
}

/** Shows how training stands: one moving line on a terminal, a line a report elsewhere. */
export interface Progress {
  /**
   * A step for inputs of a shape is about to be compiled and run: the first one, or one of a new
   * shape.
   */
  compiling(shape: readonly number[]): void
  /** A new number of updates. */
  advance(iteration: number): void
  /** A logged line. */
  report(line: ProgressLine): void
  /** A line of `evaluations.jsonl`. */
  evaluated(line: LogLine): void
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
  stream?: ProgressStream
}

/** What a stream of Node's is here, for programs without the types of Node. */
export interface ProgressStream {
  isTTY?: boolean
  write(text: string): unknown
}

export function startProgress(options: ProgressOptions): Progress {
  const stream = (options.stream ?? process.stderr) as NodeJS.WriteStream
  return stream.isTTY ? terminalProgress(options, stream) : plainProgress(options, stream)
}

function terminalProgress(
  { start, total, epochs }: ProgressOptions,
  stream: NodeJS.WriteStream,
): Progress {
  const remaining = remainingTime(total)
  const format = '{bar} {value}/{total} | ETA {remaining} | {text}'
  const bar = new SingleBar({ format, stream, hideCursor: true }, Presets.shades_classic)
  bar.start(total, start, { remaining: '-', text: 'reading the first batch' })
  const say = (text: string) => {
    stream.write(`\r\u001b[K${text}\n`) // over the bar, which is drawn anew below
  }
  let scores = ''
  return {
    compiling(shape) {
      bar.update({ text: `compiling for ${shapeText(shape)}` })
      bar.render() // at once: tracing keeps its timer waiting
    },
    advance: (iteration) => bar.update(iteration, { remaining: remaining(iteration) }),
    report: (line) => bar.update({ text: describe(line, epochs, scores) }),
    evaluated(line) {
      scores = describeScores(line)
      say(evaluatedText(line))
    },
    say,
    stop: () => bar.stop(),
  }
}

function plainProgress(
  { start, total, epochs }: ProgressOptions,
  stream: NodeJS.WriteStream,
): Progress {
  const remaining = remainingTime(total)
  const say = (text: string) => void stream.write(`${text}\n`)
  let since = performance.now()
  let scores = ''
  return {
    compiling: (shape) => say(`compiling the training step for ${shapeText(shape)} ...`),
    // Two iterations are reported one by one: the first line of a log may be an hour away.
    advance(iteration) {
      const eta = remaining(iteration)
      if (iteration > start + 2) return
      const seconds = ((performance.now() - since) / 1000).toFixed(1)
      const isFirst = iteration === start + 1
      say(
        `iter ${iteration}/${total} done in ${seconds} s, ${isFirst ? 'compiling included' : `ETA ${eta}`}`,
      )
      since = performance.now()
    },
    report(line) {
      const eta = remaining(line.iter)
      say(`iter ${line.iter}/${total}, ${describe(line, epochs, scores)}, ETA ${eta}`)
    },
    evaluated(line) {
      scores = describeScores(line)
      say(evaluatedText(line))
    },
    say,
    stop() {},
  }
}

/** `800x1344x32`: height and width in pixels, places for objects. */
function shapeText(shape: readonly number[]): string {
  return shape.join('x')
}

function evaluatedText(line: LogLine): string {
  return `epoch ${line.epoch}: ${describeScores(line) || 'evaluated, nothing to measure'}`
}

/** @param scores of the last evaluation; empty before it. */
function describe(line: ProgressLine, epochs: number, scores: string): string {
  const { epoch, lr, loss, time, dataTime, compileTime, memoryMiB } = line
  return (
    `epoch ${epoch}/${epochs}, lr ${lr.toExponential(3)}, ` +
    `${loss === undefined ? 'no update' : `loss ${loss.toFixed(4)}`}, ` +
    `${time.toFixed(3)} s/iter (data ${dataTime.toFixed(3)}), ` +
    `${compileTime === undefined ? '' : `compiling ${compileTime.toFixed(1)} s, `}` +
    `${Math.round(memoryMiB)} MiB${scores === '' ? '' : `, ${scores}`}`
  )
}

/**
 * A function that returns the time left as `1:02:03`, from the mean pace since its first call: the
 * first iteration compiles.
 */
function remainingTime(total: number): (iteration: number) => string {
  let first: { iteration: number; at: number } | undefined
  return (iteration) => {
    const now = performance.now()
    first ??= { iteration, at: now }
    if (iteration <= first.iteration) return '-'
    const pace = (now - first.at) / (iteration - first.iteration)
    return clock(Math.round((pace * (total - iteration)) / 1000))
  }
}

/** `3723` seconds as `1:02:03`. */
export function clock(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}
