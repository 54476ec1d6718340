/**
 * One page about training runs and benchmarks, to be opened, sent and printed without a network.
 *
 * With --json: what the page shows, without its pictures; the type is `ReportDocument`.
 */
import { join } from 'node:path'
import { ConfigError, DataError } from '../errors.js'
import { buildReport } from '../report/build_report.js'
import { bundlePage } from '../report/bundle.js'
import { isReportPage, renderPage } from '../report/page/page.js'
import { readText } from '../report/read_text.js'
import { nameAndPath } from '../report/work_dir.js'
import { command, run } from './cli/command.js'
import { requireWritable, writeOutput } from './cli/output_file.js'

interface Flags {
  benchmark: string[]
  cuda: string[]
  out?: string
  json?: boolean
}

const program = command('report', 'Writes one HTML page about training runs and benchmarks.')
  .argument(
    '[workDir...]',
    'folders that vanilladet train wrote; NAME=FOLDER calls a run by a name',
  )
  .option(
    '--benchmark <file...>',
    'what vanilladet benchmark --json printed; after the work dirs',
    [],
  )
  .option('--cuda <file...>', 'what bench_cuda.mjs wrote; after the work dirs', [])
  .option('--out <file>', 'the page (default: report.html in the first work dir)')
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags, [string[]]>(program, async ([workDirs], flags, say) => {
  const { benchmark, cuda } = flags
  if (workDirs.length + benchmark.length + cuda.length === 0) {
    throw new ConfigError(
      'report',
      'has nothing to tell',
      'name a work dir, or a file with --benchmark or --cuda',
    )
  }
  const out = flags.out ?? (await defaultPage(workDirs))
  await requireWritable(out)
  const { document, pictures } = await buildReport({
    workDirs,
    benchmarks: benchmark,
    cuda,
    now: new Date(),
  })
  const page = renderPage(document, pictures, await bundlePage())
  writeOutput(out, page)
  say(`${out}: ${(page.length / 1e6).toFixed(1)} MB`)
  return document
})

/**
 * Beside the first run; in the working directory where there is none. Only an earlier page is
 * replaced there.
 */
async function defaultPage([first]: readonly string[]): Promise<string> {
  const page = join(first === undefined ? '' : (await nameAndPath(first)).path, 'report.html')
  const text = await readText(page)
  if (text === undefined || isReportPage(text)) return page
  throw new DataError(page, 'is there, and is no page of this command', 'give another with --out')
}
