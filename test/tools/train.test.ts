/** Training as a user runs it: what is printed, and what becomes of an earlier run. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { configFile, runCommand as run } from './run_command.js'

test.serial(
  'training says what it does from the first moment, and at the end where things are',
  async (t) => {
    const { folder, path } = await configFile(t)
    const workDir = join(folder, 'run')
    const args = [path, '--work-dir', workDir, '--cfg-options', 'evaluation.interval=1']
    const { code, stdout, stderr } = await run('train', args)
    t.is(code, 0, stderr)
    const [compiling, first, ...others] = stderr.trim().split('\n')
    t.is(compiling, 'compiling the training step for 64x64x8 ...')
    t.regex(first, /^iter 1\/2 done in \d+\.\d s, compiling included$/)
    t.true(others.includes('evaluating epoch 1'))
    const ap = others.find((line) => line.startsWith('epoch 1: '))
    t.regex(ap ?? '', /^epoch 1: box AP 0\.\d{3}$/)

    const value = ap?.slice('epoch 1: box AP '.length)
    t.deepEqual(stdout.trim().split('\n').slice(-5), [
      'finished after 2 iterations',
      `box AP ${value} after epoch 1, the best ${value} after epoch 1`,
      `checkpoint: ${join(workDir, 'epoch_1.safetensors')}`,
      `metrics: ${join(workDir, 'metrics.jsonl')}, ${join(workDir, 'evaluations.jsonl')}`,
      `npx vanilladet report ${workDir} makes a page of them`,
    ])
  },
)

test.serial('the same command again destroys nothing; --overwrite starts anew', async (t) => {
  const { folder, path } = await configFile(t)
  const workDir = join(folder, 'run')
  const args = [path, '--work-dir', workDir, '--max-iters', '1']
  const first = await run('train', args)
  t.is(first.code, 0, first.stderr)
  const metrics = await readFile(join(workDir, 'metrics.jsonl'), 'utf8')
  t.deepEqual(await run('train', args), {
    code: 2,
    stdout: '',
    stderr:
      `error: ${workDir}: holds a run, saved as iter_1.safetensors; go on with --resume, ` +
      'give another --work-dir, or start anew with --overwrite, which deletes that run\n',
  })
  t.is(await readFile(join(workDir, 'metrics.jsonl'), 'utf8'), metrics)
  const anew = await run('train', [...args, '--overwrite', '--json'])
  t.is(anew.code, 0, anew.stderr)
  t.is(JSON.parse(anew.stdout).iteration, 1)
  t.not(await readFile(join(workDir, 'metrics.jsonl'), 'utf8'), metrics)
})
