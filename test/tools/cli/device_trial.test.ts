import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { DeviceError } from '../../../errors.js'
import { requireRight, tryDevice, tryInChild } from '../../../tools/cli/device_trial.js'
import { temporaryFolder } from '../../datasets/coco_folder.js'

test('the graph that is tried computes what it should', async (t) => {
  await t.notThrowsAsync(tryDevice({ device: 'cpu' }))
})

test('a wrong result is told of the engine or the device that computed it', (t) => {
  const messageOf = (compute: Parameters<typeof requireRight>[0]) =>
    t.throws(() => requireRight(compute, Array(8).fill(27)), { instanceOf: DeviceError }).message
  const rest =
    'computed 27 27 27 27 27 27 27 27 where 27 54 27 54 27 54 27 54 is right; report it with the name of the GPU or the processor'
  t.is(messageOf({ engine: 'tensorflow' }), `tensorflow: ${rest}`)
  t.is(messageOf({ device: 'cuda' }), `cuda: ${rest}`)
})

test.serial('a child gives its result, its sentence, or how it ended', async (t) => {
  const script = join(await temporaryFolder(t), 'trial.mjs')
  const [, before] = process.argv
  t.teardown(() => {
    process.argv[1] = before
  })
  process.argv[1] = script
  const trial = async (source: string) => {
    await writeFile(script, source)
    return tryInChild('tensorflow', 'do so')
  }
  t.deepEqual(await trial('console.log(JSON.stringify(process.argv.slice(2)))'), {
    result: ['--only-try', '--json'],
  })
  const failing = "console.error('chatter\\nerror: no such kernel\\nmore'); process.exit(1)"
  t.deepEqual(await trial(failing), { problem: 'no such kernel' })
  t.deepEqual(await trial("process.kill(process.pid, 'SIGKILL')"), {
    problem: 'tensorflow: a small function ended its process (killed by SIGKILL); do so',
  })
  t.deepEqual(await trial('process.exit(3)'), {
    problem: 'tensorflow: a small function ended its process (exit 3); do so',
  })
})
