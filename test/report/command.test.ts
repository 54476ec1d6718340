/** The command as a user runs it. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { runCommand } from '../tools/run_command.js'
import { syntheticRun } from './synthetic_run.js'

test.serial('a page is written, and its document printed', async (t) => {
  const { workDir, folder } = await syntheticRun(t)
  const out = join(folder, 'pages', 'report.html')
  const { code, stdout, stderr } = await runCommand('report', [workDir, '--out', out, '--json'])
  t.is(code, 0, stderr)
  const document = JSON.parse(stdout)
  t.is(document.runs[0].name, 'first')
  const page = await readFile(out, 'utf8')
  const data = /<script type="application\/json" id="report">(.*?)<\/script>/.exec(page)?.[1] ?? ''
  t.deepEqual(JSON.parse(data), document)
  t.regex(stderr, /report\.html: \d\.\d MB/)
})

test.serial(
  'by default the page lies in the first work dir, in place of an earlier one',
  async (t) => {
    const { workDir, folder } = await syntheticRun(t)
    const page = join(workDir, 'report.html')
    const options = { cwd: folder }
    // An earlier one
    await writeFile(page, '<script type="application/json" id="report">{}</script>')
    const args = [`mine=${workDir}`, workDir]
    const { code, stdout, stderr } = await runCommand('report', args, options)
    t.is(code, 0, stderr)
    t.true(stdout.startsWith(`${page}: `), stdout)
    t.regex(await readFile(page, 'utf8'), />mine</)
    t.false(existsSync(join(folder, 'report.html')))

    await writeFile(page, '<html>my notes</html>')
    t.deepEqual(await runCommand('report', [workDir], options), {
      code: 2,
      stdout: '',
      stderr: `error: ${page}: is there, and is no page of this command; give another with --out\n`,
    })
    t.is(await readFile(page, 'utf8'), '<html>my notes</html>')
  },
)

test.serial(
  'a folder that is no work dir, and nothing at all, are one sentence and exit code 2',
  async (t) => {
    const folder = await temporaryFolder(t)
    const [none, nothing] = await Promise.all([
      runCommand('report', [folder, '--out', join(folder, 'report.html')]),
      runCommand('report', []),
    ])
    t.deepEqual(none, {
      code: 2,
      stdout: '',
      stderr: `error: ${folder}: is no work dir, since it has neither config.json nor metrics.jsonl; give a folder that vanilladet train wrote\n`,
    })
    t.deepEqual(nothing, {
      code: 2,
      stdout: '',
      stderr:
        'error: report has nothing to tell; name a work dir, or a file with --benchmark or --cuda\n',
    })
  },
)
