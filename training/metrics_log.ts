import { appendFile, readFile } from 'node:fs/promises'
import { cannotWriteRun, orFileError } from '../files/file_error.js'
import { replaceContent } from '../files/replace_file.js'

/** One line: `iter` counts updates from 1. */
export interface LogLine {
  iter: number
  [key: string]: unknown
}

/** A file of JSON lines that grows as training goes on. */
export class MetricsLog {
  private constructor(
    private readonly path: string,
    /** Lines that were there when it was opened. */
    readonly kept: readonly LogLine[],
  ) {}

  /**
   * Opens the log of a run that stands at an iteration: lines past it, of a run that was stopped,
   * are dropped, as is a last line that a crash cut short.
   *
   * @param iteration updates done; 0 starts anew.
   * @throws TrainingError where the file cannot be written.
   */
  static async open(path: string, iteration: number): Promise<MetricsLog> {
    const lines = (await readExisting(path)).split('\n').flatMap((text) => {
      const line = parseLine(text)
      return line && line.iter <= iteration ? [{ text, line }] : []
    })
    const kept = lines.map(({ text }) => `${text}\n`).join('')
    await replaceContent(path, kept, cannotWriteRun)
    return new MetricsLog(
      path,
      lines.map(({ line }) => line),
    )
  }

  /** @throws TrainingError where there is no room for the line. */
  async append(line: LogLine): Promise<void> {
    const text = `${JSON.stringify(line)}\n`
    await orFileError(this.path, cannotWriteRun, () => appendFile(this.path, text))
  }
}

function readExisting(path: string): Promise<string> {
  return orFileError(path, cannotWriteRun, () =>
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    }),
  )
}

/** Undefined for what is no line of a log, such as one that was cut short. */
function parseLine(text: string): LogLine | undefined {
  try {
    const line: unknown = JSON.parse(text)
    return Number.isFinite((line as LogLine | null)?.iter) ? (line as LogLine) : undefined
  } catch {
    return undefined
  }
}
