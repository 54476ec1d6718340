import { writeSync } from 'node:fs'
import { constants } from 'node:os'
import {
  isInterruptAwaited,
  openRepeatWindow,
  type RepeatWindow,
  STOP_SIGNALS,
  type StopSignal,
} from '../../training/interrupt.js'
import { removeUnfinished, writtenLine } from './output_file.js'

let lastLine = writtenLine

/**
 * Sets what is reported, from now on, of a command that a signal ends at once. @default which files
 * were written
 */
export function whenStopped(line: () => string): void {
  lastLine = line
}

/** How a command stands that was asked to stop. */
export interface SignalAnswers {
  /** 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP; undefined where no signal came. */
  exitCode(): number | undefined
  /** The work is done: a signal only ends a process that lingers. */
  finish(): void
}

/**
 * Answers Ctrl-C, SIGTERM and SIGHUP, to the end of the process. What listens for interrupts
 * itself, as training does, ends and saves by itself; everything else is left where it stands, and
 * one line reports what was written.
 */
export function answerSignals(): SignalAnswers {
  let received: StopSignal | undefined
  let repeats: RepeatWindow | undefined
  let isFinished = false
  const exitCode = () => received && 128 + constants.signals[received]
  const answer = (signal: StopSignal) => {
    const isFirst = received === undefined
    received ??= signal
    repeats ??= openRepeatWindow()
    if (isInterruptAwaited() || !(isFirst || repeats.isOver())) return
    if (isFinished) process.exit()
    removeUnfinished()
    const line = isFirst ? lastLine() : 'stopped at once; what was not saved yet is lost'
    // Written at once, below a progress bar, whose cursor is shown again.
    if (signal !== 'SIGHUP') {
      writeSync(2, `${process.stderr.isTTY ? '\u001b[?25h\n' : ''}${line}\n`)
    }
    process.exit(exitCode())
  }
  for (const signal of STOP_SIGNALS) process.on(signal, answer)
  // What is written to a terminal that is closed is lost, and no reason to fail before all is
  // saved.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EIO') throw error
    })
  }
  return {
    exitCode,
    finish() {
      isFinished = true
    },
  }
}
