import { chmod, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import test from 'ava'
import { describeGpu, gpuMemoryInUse } from '../../benchmark/gpu.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

/** Puts a driver's program before the system's that answers each question with the given lines. */
async function pretendDriver(folder: string, answers: { gpu: string; apps: string }) {
  const script = `#!/bin/sh
case "$1" in
  --query-gpu=name,driver_version) echo '${answers.gpu}' ;;
  --query-gpu=memory.used) echo 5000 ;;
  --query-compute-apps=*) printf '${answers.apps}' ;;
esac
`
  const file = join(folder, 'nvidia-smi')
  await writeFile(file, script)
  await chmod(file, 0o755)
}

test.serial(
  'a GPU is told by name and driver, memory by process where the driver tells',
  async (t) => {
    if (process.platform === 'win32')
      return t.log('skipped: a script stands for the driver’s program')
    const folder = await temporaryFolder(t)
    const before = process.env.PATH
    t.teardown(() => {
      process.env.PATH = before
    })
    process.env.PATH = [folder, before].join(delimiter)
    const apps = '17, 300\\n42, 1234\\n'
    await pretendDriver(folder, { gpu: 'NVIDIA H200, 580.1', apps })
    t.deepEqual(describeGpu(), { gpu: 'NVIDIA H200', driver: '580.1' })
    t.deepEqual(gpuMemoryInUse(42), { ofProcess: 1234, ofAll: 5000 })
    t.deepEqual(gpuMemoryInUse(43), { ofAll: 5000 }, 'another process')
    await pretendDriver(folder, { gpu: '', apps: '42, [N/A]\\n' })
    t.deepEqual(gpuMemoryInUse(42), { ofAll: 5000 })
    t.deepEqual(describeGpu(), {})
  },
)

test.serial('without a driver nothing is told', async (t) => {
  const before = process.env.PATH
  t.teardown(() => {
    process.env.PATH = before
  })
  process.env.PATH = await temporaryFolder(t)
  t.deepEqual(describeGpu(), {})
  t.is(gpuMemoryInUse(42), undefined)
})
