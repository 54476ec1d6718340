import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LAUNCHER = join(ROOT, 'bin', 'vanilladet.js')

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

function launch(...args: string[]): Promise<Outcome> {
  return promisify(execFile)(process.execPath, [LAUNCHER, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )
}

test('--help lists every command of tools/ with the words of its own help', async (t) => {
  const { code, stdout } = await launch('--help')
  t.is(code, 0)
  const listed = [...stdout.matchAll(/^ {2}(\w+) +(.+)$/gm)].map(([, name, what]) => [name, what])
  const files = readdirSync(join(ROOT, 'tools')).filter((file) => file.endsWith('.ts'))
  const commands = files.map((file) => {
    const source = readFileSync(join(ROOT, 'tools', file), 'utf8')
    const described = /\b(?:setupC|c)ommand\(\s*'(\w+)',\s*(?:'([^']+)'|"([^"]+)")/.exec(source)
    return [described?.[1], described?.[2] ?? described?.[3]]
  })
  t.true(commands.length > 10)
  t.deepEqual(listed.sort(), commands.sort())
})

test('no command is a wrong command line, and an unknown one is named', async (t) => {
  const [none, unknown] = await Promise.all([launch(), launch('tain')])
  t.is(none.code, 2)
  t.regex(none.stderr + none.stdout, /^Usage: npx vanilladet COMMAND/)
  t.is(unknown.code, 2)
  t.regex(unknown.stderr, /^error: vanilladet has no command tain; use one of demo, train, test/)
})

test('a command starts from the sources of a checkout, and so does a process that it starts', async (t) => {
  const { code, stdout, stderr } = await launch(
    ...['benchmark', 'vanilladet/configs/retinanet_tiny_shapes', '--json'],
    ...[
      '--form',
      'deploy',
      '--shape',
      '64',
      '64',
      '--runs',
      '1',
      '--repeats',
      '1',
      '--warmup',
      '0',
    ],
  )
  t.is(code, 0, stderr)
  // Measured by a process that the command starts as it was started.
  t.is(typeof JSON.parse(stdout).rows[0].peakMemoryMiB, 'number', stderr)
})
