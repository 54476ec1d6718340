import { spawn, spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

/** Whether this machine has util-linux's `script`, which gives a command a terminal of its own. */
export const hasTerminal: boolean =
  process.platform === 'linux' &&
  /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString() ?? '')

/** A command in a terminal of its own. */
export interface Terminal {
  /** All that it has shown. */
  shown(): string
  /** Types a key, such as `CTRL_C`. */
  type(key: string): void
  /** Closes the terminal under it. */
  close(): void
  /** Waits until it has shown something, or has ended. */
  waitFor(pattern: RegExp): Promise<void>
  /** Its exit code, and how long it ran, milliseconds. */
  ended: Promise<{ code: number | null; milliseconds: number }>
}

export const CTRL_C = '\x03'

/** Starts a command line in a terminal, in a process group as a shell would. */
export function startInTerminal(
  commandLine: string,
  { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv },
): Terminal {
  const startedAt = performance.now()
  const child = spawn(
    'script',
    ['--quiet', '--flush', '--return', '--command', commandLine, '/dev/null'],
    {
      cwd,
      env: { ...process.env, ...env },
    },
  )
  let shown = ''
  child.stdout.on('data', (text) => (shown += text))
  child.stdin.on('error', () => {}) // it may have ended before a key is typed
  const ended = new Promise<{ code: number | null; milliseconds: number }>((resolve) => {
    child.on('close', (code) => resolve({ code, milliseconds: performance.now() - startedAt }))
  })
  return {
    shown: () => shown,
    type: (key) => void child.stdin.write(key),
    close: () => void child.kill('SIGKILL'),
    ended,
    async waitFor(pattern) {
      const seen = new Promise<void>((resolve) => {
        const look = () => pattern.test(shown) && resolve()
        child.stdout.on('data', look)
        look()
      })
      await Promise.race([seen, ended])
    },
  }
}

/** The lines that a terminal has shown, without its control sequences, bars and spinners. */
export function linesOf(shown: string): string[] {
  const plain = stripVTControlCharacters(shown)
    .replaceAll('^C', '')
    .replace(/[\u2800-\u28ff]/g, '') // npm's spinner
  return plain.split(/[\r\n]+/).filter((line) => /[a-z]/.test(line))
}
