import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Failure } from '../../benchmark/cuda_document.js'

/** What a child process is asked for. */
export interface PartRequest {
  /** The name of a part, or `PROBE`. */
  part: string
  /** Arguments of the command, which the child is given too. */
  args: readonly string[]
  timeoutMs: number
}

/** Asks a child whether the device is there, and what the machine is. */
export const PROBE = 'probe'

/**
 * Runs this very program for one part, in a process of its own: what crashes or takes all memory
 * takes the others nothing.
 *
 * @returns what the child wrote with `--result`, or why it wrote nothing.
 */
export async function inChild<Result extends object>({
  part,
  args,
  timeoutMs,
}: PartRequest): Promise<Result | Failure> {
  const folder = await mkdtemp(join(tmpdir(), 'bench_cuda-'))
  const result = join(folder, 'result.json')
  try {
    const own = [...process.execArgv, process.argv[1], ...args, '--part', part, '--result', result]
    const ended = await runProcess(own, timeoutMs)
    const text = await readFile(result, 'utf8').catch(() => undefined)
    return text === undefined ? { error: ended } : (JSON.parse(text) as Result)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @returns how the process ended, and what it printed last. */
function runProcess(args: readonly string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe'] })
    let lastWords = ''
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, timeoutMs)
    createInterface({ input: child.stderr }).on('line', (line) => {
      process.stderr.write(`  ${line}\n`)
      if (line.trim() !== '') lastWords = line.trim()
    })
    child.on('error', ({ message }) => resolve(`its process cannot be started (${message})`))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const how = isLate
        ? `it ran past ${Math.round(timeoutMs / 1000)} s`
        : signal
          ? `its process was ended by ${signal}`
          : `its process ended with exit code ${code}`
      resolve(lastWords ? `${how} (${lastWords.slice(0, 300)})` : how)
    })
  })
}
