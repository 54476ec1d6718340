/** The command as a user runs it. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { syntheticRun } from './synthetic_run.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSX = import.meta.resolve('tsx')

function report(args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [`--import=${TSX}`, 'tools/report.ts', ...args], {
    cwd: ROOT,
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => (stdout += text))
  child.stderr.on('data', (text) => (stderr += text))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

test.serial('a page is written, and its document printed', async (t) => {
  const { workDir, folder } = await syntheticRun(t)
  const out = join(folder, 'pages', 'report.html')
  const { code, stdout, stderr } = await report([workDir, '--out', out, '--json'])
  t.is(code, 0, stderr)
  const document = JSON.parse(stdout)
  t.is(document.runs[0].name, 'first')
  const page = await readFile(out, 'utf8')
  const data = /<script type="application\/json" id="report">(.*?)<\/script>/.exec(page)?.[1] ?? ''
  t.deepEqual(JSON.parse(data), document)
  t.regex(stderr, /report\.html: \d\.\d MB/)
})

test.serial(
  'a folder that is no work dir, and nothing at all, are one sentence and exit code 2',
  async (t) => {
    const folder = await temporaryFolder(t)
    const [none, nothing] = await Promise.all([
      report([folder, '--out', join(folder, 'report.html')]),
      report([]),
    ])
    t.deepEqual(none, {
      code: 2,
      stdout: '',
      stderr: `error: ${folder}: is no work dir, since it has neither config.json nor metrics.jsonl; give a folder that tools/train.ts wrote\n`,
    })
    t.deepEqual(nothing, {
      code: 2,
      stdout: '',
      stderr: 'error: report has nothing to tell; name a work dir, or a --benchmark file\n',
    })
  },
)
