/**
 * Ctrl-C in a terminal, by keyboard, at random moments from the start of a command on: what it had
 * to save, is it there?
 *
 * Run: npm run soak:signals [-- --times 20] [--commands train demo test infer benchmark] [--ways
 * vanilladet tsx] [--seed 1]
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { generateShapes } from '../../datasets/index.js'
import { Random } from '../../random/random.js'
import { parseCount } from '../../tools/cli/command.js'
import { readSafetensors } from '../../weights/safetensors.js'
import { CTRL_C, linesOf, startInTerminal } from '../tools/terminal.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CONFIG = join(ROOT, 'configs', 'retinanet_tiny_shapes.ts')

const WAYS: Record<string, (name: string) => string> = {
  vanilladet: (name) => `npx vanilladet ${name}`,
  tsx: (name) => `npx tsx ${join(ROOT, 'tools', name)}.ts`,
}

/**
 * Each command: its arguments, what shows that it is at work, and how long it is watched from then
 * on, seconds.
 */
const COMMANDS: Record<string, { args: string; atWork: RegExp; seconds: number }> = {
  train: { args: `${CONFIG} --work-dir run DATA`, atWork: /images of 3 classes/, seconds: 8 },
  demo: { args: '', atWork: /2\. Training/, seconds: 8 },
  test: { args: `${CONFIG} random --out found.json DATA`, atWork: /\d\/\d+ images/, seconds: 2 },
  infer: { args: `${CONFIG} random IMAGES --out drawn DATA`, atWork: /in \d+\.\d+ s/, seconds: 3 },
  benchmark: { args: `${CONFIG} --shape 320 320 --runs 100`, atWork: /\d\/\d+ runs/, seconds: 3 },
}

const { times, commands, ways, seed } = new Command('npm run soak:signals --')
  .option('--times <n>', 'of each command and way', parseCount(1), 20)
  .option('--commands <name...>', 'which commands', Object.keys(COMMANDS))
  .option('--ways <name...>', 'how they are started', Object.keys(WAYS))
  .option('--seed <n>', 'of the moments', parseCount(0), 1)
  .parse()
  .opts<{ times: number; commands: string[]; ways: string[]; seed: number }>()

const folder = await mkdtemp(join(tmpdir(), 'signals-'))
const shapes = { directory: join(folder, 'shapes'), count: 48, size: [160, 160] as const, seed: 1 }
const { annFile, imageDir } = await generateShapes(shapes)
const data = ['train', 'val'].map(
  (part) => `data.${part}.annFile=${annFile} data.${part}.imageDir=${imageDir}`,
)
const DATA = `--cfg-options ${data.join(' ')} data.testBatchSize=1`

let bad = 0
for (const name of commands) {
  for (const way of ways) {
    const counts = await pressAtRandom(name, way)
    const words = [...counts].sort().map(([outcome, count]) => `${count} ${outcome}`)
    console.log(`${WAYS[way](name).replace(ROOT, '')}: ${times} times Ctrl-C; ${words.join(', ')}`)
  }
}
await rm(folder, { recursive: true })
if (bad > 0) process.exitCode = 1

async function pressAtRandom(name: string, way: string): Promise<Map<string, number>> {
  const { args, atWork, seconds } = COMMANDS[name]
  const commandLine = `${WAYS[way](name)} ${args.replace('DATA', DATA).replace('IMAGES', imageDir)}`
  const random = new Random(seed, name, way)
  const counts = new Map<string, number>()
  let startUp: number | undefined
  for (let i = 0; i < times; i++) {
    const cwd = join(folder, `${name}_${way}_${i}`)
    await mkdir(cwd)
    await linkCommands(cwd)
    const startedAt = performance.now()
    const terminal = startInTerminal(commandLine, { cwd })
    // Every fourth while it starts, the others at work.
    if (startUp === undefined || i % 4 < 3) {
      await terminal.waitFor(atWork)
      startUp ??= performance.now() - startedAt
      await sleep(random.uniform() * seconds * 1000)
    } else await sleep(random.uniform() * startUp)
    terminal.type(CTRL_C)
    const { code } = await terminal.ended
    const lines = linesOf(terminal.shown())
    const outcome = await outcomeOf(name, { code, lines, cwd })
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    if (outcome.startsWith('BAD')) {
      bad++
      console.log(
        `${commandLine} (${cwd}):\n  ${lines.slice(-12).join('\n  ')}\n  exit code ${code}`,
      )
    }
    await rm(cwd, { recursive: true })
  }
  return counts
}

/**
 * Lets `npx` find the commands in a folder of their own, as in a project that has them installed.
 */
async function linkCommands(cwd: string): Promise<void> {
  const bin = join(cwd, 'node_modules', '.bin')
  await mkdir(bin, { recursive: true })
  await symlink(join(ROOT, 'bin', 'vanilladet.js'), join(bin, 'vanilladet'))
  await symlink(join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs'), join(bin, 'tsx'))
}

interface Ended {
  code: number | null
  /** What was shown. */
  lines: string[]
  cwd: string
}

/**
 * What is found after a command has ended, in words; BAD where something is lost, half written, or
 * not reported.
 */
async function outcomeOf(name: string, { code, lines, cwd }: Ended): Promise<string> {
  const output = lines.join('\n')
  const last = lines.at(-1) ?? ''
  if (/^\s+at /m.test(output)) return 'BAD: a stack'
  const files = await readdir(cwd, { recursive: true })
  if (files.some((file) => file.endsWith('.tmp'))) return 'BAD: a half-written file'
  if (code === 0) return 'finished before'
  if (code !== 130) return `BAD: exit code ${code}`

  if (name === 'train' || name === 'demo') {
    const workDir = join(cwd, name === 'train' ? 'run' : join('work_dirs', 'demo'))
    // Where tsx gave up waiting, the terminal is closed before the command is done.
    for (let i = 0; i < 100 && lines.length > 0 && !existsSync(join(workDir, 'latest')); i++) {
      if (last.startsWith('stopped') || !/3 classes/.test(output)) break
      await sleep(200)
    }
    if (!existsSync(join(workDir, 'latest'))) {
      if (/iterations|\d\/\d+ \|/.test(output)) return 'BAD: it trained, and nothing is saved'
      return nothingToSave(last)
    }
    const latest = (await readFile(join(workDir, 'latest'), 'utf8')).trim()
    await readSafetensors(join(workDir, latest))
    if (!/go on with: npx vanilladet (train|demo).* --resume$/.test(last))
      return `BAD: ends with ${last}`
    return 'saved'
  }
  // The command was done, and npx was not.
  if (/000048\.png: |area= large \| maxDets=100 \]/.test(last)) return 'finished before'
  if (last.startsWith('stopped; ')) return 'ended, and said what was written'
  return nothingToSave(last)
}

function nothingToSave(last: string): string {
  if (last.startsWith('stopped')) return 'nothing to save, and said so'
  return last === '' ? 'ended before the command began' : `BAD: ends with ${last}`
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
