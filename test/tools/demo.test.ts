/** The short demo as a user runs it, and what it does with what is there. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { runCommand as run } from './run_command.js'

test.serial(
  'the short demo runs from data to speed, beside what full and earlier ones made',
  async (t) => {
    const cwd = await temporaryFolder(t)
    const folder = (name: string) => join(cwd, 'work_dirs', name)
    const fullData = join(folder('shapes'), 'train', 'annotations.json')
    await mkdir(join(folder('shapes'), 'train'), { recursive: true })
    await writeFile(fullData, 'all 600 images')
    for (const name of ['demo', 'demo_short', 'demo_short.1']) {
      await mkdir(folder(name))
      await writeFile(join(folder(name), 'metrics.jsonl'), `{"iter":1,"of":"${name}"}\n`)
    }

    const first = await run('demo', ['--short', '--json'], { cwd })
    t.is(first.code, 0, first.stderr)
    const { deploy, rows } = JSON.parse(first.stdout)
    t.is(typeof deploy.bbox.AP, 'number')
    t.is(rows.length, 2)
    t.regex(
      first.stderr,
      /^work_dirs\/demo_short held an earlier demo, which is now work_dirs\/demo_short\.2$/m,
    )
    t.is(await readFile(fullData, 'utf8'), 'all 600 images')
    for (const [name, now] of [
      ['demo', 'demo'],
      ['demo_short', 'demo_short.2'],
      ['demo_short.1', 'demo_short.1'],
    ]) {
      const text = await readFile(join(folder(now), 'metrics.jsonl'), 'utf8')
      t.is(text, `{"iter":1,"of":"${name}"}\n`)
    }

    const image = join(folder('shapes_short'), 'train', 'images', '000001.png')
    const { mtimeMs } = await stat(image)
    const again = await run('demo', ['--short', '--resume'], { cwd })
    t.is(again.code, 0, again.stderr)
    t.regex(again.stdout, /^bbox AP 0\.\d{4}, training form/m)
    t.notRegex(again.stderr, /compiling the training step/)
    t.is((await stat(image)).mtimeMs, mtimeMs, 'the data are those that were there')
    t.deepEqual((await readdir(join(cwd, 'work_dirs'))).sort(), [
      ...['demo', 'demo_short', 'demo_short.1', 'demo_short.2', 'shapes', 'shapes_short'],
    ])
    const metrics = await readFile(join(folder('demo_short'), 'metrics.jsonl'), 'utf8')
    t.is(metrics, '') // six iterations are less than a line
  },
)
