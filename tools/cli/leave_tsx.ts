import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { STOP_SIGNALS } from '../../training/interrupt.js'

/** Message for a command that was stopped before it could answer. */
const STOPPED_LOADING = 'stopped while loading; nothing was computed or written'

/**
 * Whether this process was started by tsx's command, as `npx tsx tools/train.ts` is: it passes
 * signals on, and kills a process that does not answer within some hundredths of a second, as one
 * that traces or saves does not.
 */
export function isUnderTsx(): boolean {
  return tsxArguments().length > 0
}

/**
 * Runs this command line again in a process that tsx's command does not know, while this one has
 * nothing else to do than to answer signals and to pass them on.
 *
 * @returns the exit code of that process.
 */
export function runApartFromTsx(): Promise<number> {
  const own = tsxArguments()
  const kept = process.execArgv.filter((_, i) => !own.includes(i))
  const command = [...kept, `--import=${import.meta.resolve('tsx')}`, ...process.argv.slice(1)]
  const child = spawn(process.execPath, command, { stdio: 'inherit' })
  for (const signal of STOP_SIGNALS) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code !== null) return resolve(code)
      if (signal === 'SIGINT' || signal === 'SIGTERM') process.stderr.write(`${STOPPED_LOADING}\n`)
      resolve(128 + (signal === null ? 1 : constants.signals[signal]))
    })
  })
}

/**
 * Positions in `process.execArgv` of what tsx's command adds:
 * `--require .../preflight.cjs --import .../loader.mjs`.
 */
function tsxArguments(): number[] {
  const { execArgv } = process
  const preflight = execArgv.findIndex((argument) =>
    /[\\/]tsx[\\/]dist[\\/]preflight\.cjs$/.test(argument),
  )
  if (preflight < 0) return []
  const loader = execArgv.findIndex((argument) =>
    /[\\/]tsx[\\/]dist[\\/]loader\.mjs$/.test(argument),
  )
  return [preflight, loader].flatMap((at) => [at - 1, at])
}
