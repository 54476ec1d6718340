import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { checkpointToResume } from '../../training/checkpoint.js'
import { findCheckpoint } from '../../training/find_checkpoint.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

test('a work dir and its latest file stand for the checkpoint that it names, also to resume', async (t) => {
  const workDir = await temporaryFolder(t)
  const path = join(workDir, 'epoch_2.safetensors')
  for (const name of ['epoch_1', 'epoch_2', 'epoch_2.train_state'])
    await writeFile(join(workDir, `${name}.safetensors`), '')
  await writeFile(join(workDir, 'latest'), 'epoch_2.safetensors\n')
  for (const given of [workDir, join(workDir, 'latest'), path]) {
    t.is(await findCheckpoint(given), path)
    t.is(await checkpointToResume('elsewhere', given), path)
  }
})

test('what is neither is taken as it is, for the reader to refuse', async (t) => {
  const folder = await temporaryFolder(t)
  for (const name of ['missing.pth', 'latest']) {
    t.is(await findCheckpoint(join(folder, name)), join(folder, name))
  }
})

test('a folder without a latest file is refused, with the checkpoints that it holds', async (t) => {
  const folder = join(await temporaryFolder(t), 'run')
  await mkdir(folder)
  for (let i = 1; i <= 6; i++) await writeFile(join(folder, `iter_${i}.safetensors`), '')
  await t.throwsAsync(findCheckpoint(folder), {
    name: 'DataError',
    message: `${folder}: is a folder without the file 'latest', which names the newest checkpoint of a work dir; name one of its checkpoints (iter_1.safetensors, iter_2.safetensors, iter_3.safetensors, iter_4.safetensors, iter_5.safetensors, ...)`,
  })
})
