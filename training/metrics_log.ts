import { appendFile, open, readFile, rename } from 'node:fs/promises'

/** One line: `iter` counts updates from 1. */
export interface LogLine {
  iter: number
  [key: string]: unknown
}

/** A file of JSON lines that grows as training goes on. */
export class MetricsLog {
  private readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /**
   * Opens the log of a run that stands at an iteration: lines past it, of a run that was stopped or
   * replaced, are dropped, as is a last line that a crash cut short.
   *
   * @param iteration updates done; 0 starts anew.
   */
  static async open(path: string, iteration: number): Promise<MetricsLog> {
    const text = await readExisting(path)
    const kept = text.split('\n').filter((line) => iterationOf(line) <= iteration)
    const unfinished = await open(`${path}.tmp`, 'w')
    try {
      await unfinished.writeFile(kept.map((line) => `${line}\n`).join(''))
      await unfinished.sync()
    } finally {
      await unfinished.close()
    }
    await rename(`${path}.tmp`, path)
    return new MetricsLog(path)
  }

  async append(line: LogLine): Promise<void> {
    await appendFile(this.path, `${JSON.stringify(line)}\n`)
  }
}

async function readExisting(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function iterationOf(line: string): number {
  try {
    return (JSON.parse(line) as LogLine).iter ?? Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
