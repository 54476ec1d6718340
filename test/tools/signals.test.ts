/**
 * Ctrl-C by keyboard in a terminal; twenty times each at random moments: `npm run soak:signals`.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { readSafetensors } from '../../weights/safetensors.js'
import { configFile } from './run_command.js'
import { CTRL_C, hasTerminal, linesOf, startInTerminal } from './terminal.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TRAIN = join(ROOT, 'tools', 'train.ts')

/** A folder with a tiny config in which `npx` finds the commands. */
async function project(t: ExecutionContext): Promise<string> {
  const { folder } = await configFile(t)
  const bin = join(folder, 'node_modules', '.bin')
  await mkdir(bin, { recursive: true })
  await symlink(join(ROOT, 'bin', 'vanilladet.js'), join(bin, 'vanilladet'))
  await symlink(join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs'), join(bin, 'tsx'))
  return folder
}

/** Presses Ctrl-C once a command has shown something; returns its lines and exit code. */
async function interrupt(cwd: string, commandLine: string, at: RegExp) {
  const terminal = startInTerminal(commandLine, { cwd })
  await terminal.waitFor(at)
  terminal.type(CTRL_C)
  const { code } = await terminal.ended
  return { code, lines: linesOf(terminal.shown()), shown: terminal.shown() }
}

/** Skipped where util-linux has no `script`. */
const inTerminal = hasTerminal ? test.serial : test.skip

for (const start of ['npx vanilladet train', `npx tsx ${TRAIN}`]) {
  inTerminal(`${start.replace(ROOT, '')}: Ctrl-C saves, and the last line goes on`, async (t) => {
    const cwd = await project(t)
    const args = 'tiny.ts --work-dir run --cfg-options schedule.epochs=100000'
    const { code, lines, shown } = await interrupt(cwd, `${start} ${args}`, /iter 3|3\/\d+ \|/)
    t.is(code, 130, shown)
    const latest = (await readFile(join(cwd, 'run', 'latest'), 'utf8')).trim()
    t.true(Object.keys((await readSafetensors(join(cwd, 'run', latest))).tensors).length > 0)
    t.is(lines.at(-1), `go on with: npx vanilladet train ${args} --resume`)
  })
}

inTerminal('a terminal that is closed under training saves', async (t) => {
  const cwd = await project(t)
  const args =
    'tiny.ts --work-dir run --cfg-options schedule.epochs=100000 checkpoint.interval=99999'
  const terminal = startInTerminal(`npx vanilladet train ${args}`, { cwd })
  await terminal.waitFor(/3\/\d+ \|/)
  terminal.close()
  while (!existsSync(join(cwd, 'run', 'latest'))) await sleep(100)
  const latest = (await readFile(join(cwd, 'run', 'latest'), 'utf8')).trim()
  t.true(Object.keys((await readSafetensors(join(cwd, 'run', latest))).tensors).length > 0)
})

inTerminal('Ctrl-C while data is read reports that there is nothing to save', async (t) => {
  const cwd = await project(t)
  const { code, lines, shown } = await interrupt(cwd, 'npx vanilladet train tiny.ts', /4 images/)
  t.is(code, 130, shown)
  const expected = /stopped before the first iteration|go on with:/
  t.regex(lines.at(-1) ?? '', expected, shown)
})

inTerminal(
  'Ctrl-C ends a command that computes at once, with a line about its files',
  async (t) => {
    const cwd = await project(t)
    const commandLine = 'npx vanilladet benchmark tiny.ts --shape 64 64 --runs 1000000'
    const { code, lines, shown } = await interrupt(cwd, commandLine, /\d\/\d+ runs/)
    t.is(code, 130, shown)
    t.is(lines.at(-1), 'stopped; nothing was written')
  },
)

inTerminal('Ctrl-C leaves the pictures that are drawn, whole', async (t) => {
  const cwd = await project(t)
  const images = Array(500).fill('shapes/images').join(' ')
  const commandLine = `npx vanilladet infer tiny.ts random ${images}`
  const { code, lines, shown } = await interrupt(cwd, commandLine, /in \d+\.\d+ s/)
  t.is(code, 130, shown)
  t.regex(lines.at(-1) ?? '', /^stopped; (infer_out\S+ was|\d+ files were) written/)
  t.false(existsSync(join(cwd, 'infer_out', '1.jpg.tmp')))
})
