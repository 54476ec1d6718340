import { classTableLines } from '../analysis/class_table.js'
import { CocoError } from '../errors.js'
import { type EvalRequest, parseArguments } from './arguments.js'
import { evaluateFiles } from './evaluate_files.js'
import { HELP_TEXT } from './help_text.js'
import { UsageError } from './usage_error.js'
import { VERSION } from './version.js'

/** Where a command speaks. */
export interface Streams {
  /** Takes the lines of the result. */
  out(line: string): void
  /** Takes all other lines. */
  note(line: string): void
  /** Whether an error is told with its stack. */
  showStack: boolean
}

/**
 * Does what a command line asks for.
 *
 * @param argv without node and the script.
 * @returns the exit code: 0, 2 for what the user can fix, 1 for the rest.
 */
export async function runCommand(argv: readonly string[], streams: Streams): Promise<0 | 1 | 2> {
  try {
    const request = parseArguments(argv)
    if (request === 'help') streams.out(HELP_TEXT)
    else if (request === 'version') streams.out(VERSION)
    else await runEval(request, streams)
    return 0
  } catch (error) {
    return tell(error, streams)
  }
}

async function runEval(request: EvalRequest, { out, note }: Streams): Promise<void> {
  const print = request.json ? note : out
  const report = await evaluateFiles(request, print)
  if (request.perClass) {
    const recall = report.iouType === 'keypoints' ? 'AR' : 'AR100'
    const columns = ['AP', 'AP50', 'AP75', recall, 'groundTruths'] as const
    for (const line of ['', ...classTableLines(report.perClass, columns)]) print(line)
  }
  if (request.json) out(JSON.stringify(report))
}

function tell(error: unknown, { note, showStack }: Streams): 1 | 2 {
  const isMendable = error instanceof UsageError || error instanceof CocoError
  note(`error: ${error instanceof Error ? error.message : String(error)}`)
  if (showStack && error instanceof Error) note(String(error.stack))
  else if (!isMendable) note('This is a fault of the program; DEBUG=1 shows where.')
  return isMendable ? 2 : 1
}
