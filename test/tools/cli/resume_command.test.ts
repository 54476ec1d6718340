import test from 'ava'
import { resumeCommand } from '../../../tools/cli/resume_command.js'

test('a run goes on with the arguments that it was started with', (t) => {
  const argv = ['my.ts', '--work-dir', 'runs/1', '--cfg-options', 'data.batchSize=2', 'seed=1']
  t.is(
    resumeCommand('train', argv),
    'npx vanilladet train my.ts --work-dir runs/1 --cfg-options data.batchSize=2 seed=1 --resume',
  )
})

test('what begins a run is left out', (t) => {
  const start = ['my.ts', '--load-from', 'a.pth', '--overwrite', '--seed', '1']
  t.is(resumeCommand('train', start), 'npx vanilladet train my.ts --seed 1 --resume')
  t.is(
    resumeCommand('train', ['my.ts', '--load-from=a.pth']),
    'npx vanilladet train my.ts --resume',
  )
})

test('a run that was resumed goes on from its newest checkpoint', (t) => {
  const line = 'npx vanilladet train my.ts --seed 1 --resume'
  t.is(resumeCommand('train', ['my.ts', '--resume', '--seed', '1']), line)
  t.is(resumeCommand('train', ['my.ts', '--resume', 'a.safetensors', '--seed', '1']), line)
  t.is(resumeCommand('train', ['my.ts', '--seed', '1', '--resume']), line)
})

test('arguments are quoted as a shell needs it', (t) => {
  t.is(
    resumeCommand('train', ['my config.ts', '--cfg-options', "classes=['a']"]),
    "npx vanilladet train 'my config.ts' --cfg-options 'classes=['\\''a'\\'']' --resume",
  )
})
