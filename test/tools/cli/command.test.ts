import { spawnSync } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { temporaryFolder } from '../../datasets/coco_folder.js'
import { pthFixture } from '../../pretrained/pth_fixture.js'
import { runCommand } from '../run_command.js'

test.serial('control characters in names of files do not reach the terminal', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'a\u001b[2Jb\u009bc.pth')
  await copyFile(pthFixture('official_vanillanet'), path)
  const out = join(folder, 'out.safetensors')
  const [printed, failed] = await Promise.all([
    runCommand('convert_checkpoint', [path, out]),
    runCommand('convert_checkpoint', [`${path}.none`, `${out}2`], { env: { DEBUG: '1' } }),
  ])
  t.true(printed.stdout.startsWith(`${join(folder, 'a?[2Jb?c.pth')}: `), printed.stderr)
  t.true(failed.stderr.startsWith(`error: ${join(folder, 'a?[2Jb?c.pth.none')}: there is no`))
  t.notRegex(printed.stdout + failed.stderr, /(?!\n)\p{Cc}/u)
})

test.serial('a command that waits for nothing says so, exit code 1', (t) => {
  const source = new URL('../../../tools/cli/command.ts', import.meta.url).href
  const script = `
    import { command, run } from ${JSON.stringify(source)}
    await run(command('train', 'Waits.'), () => new Promise(() => {}))
  `
  const cwd = fileURLToPath(new URL('../../..', import.meta.url))
  const flags = ['--import=tsx', '--input-type=module', '--eval', script]
  const { status, stderr } = spawnSync(process.execPath, flags, { cwd, encoding: 'utf8' })
  t.is(
    stderr,
    'error: the command ended in the middle: what it waits for cannot come\n' +
      'This is a fault of the program; DEBUG=1 shows where.\n',
  )
  t.is(status, 1)
})
