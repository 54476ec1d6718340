import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readJsonLines } from '../../report/json_lines.js'
import { readWorkDir } from '../../report/work_dir.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

test('lines that cannot be read are left out and counted', async (t) => {
  const path = join(await temporaryFolder(t), 'metrics.jsonl')
  await writeFile(path, '{"iter":1}\n{"iter":2\n\n[3]\n{"iter":4}\n{"it')
  t.deepEqual(await readJsonLines(path), {
    lines: [{ iter: 1 }, { iter: 4 }],
    unreadable: [2, 4, 6],
  })
  t.is(await readJsonLines(`${path}.none`), undefined)
})

test('a run is called as its folder, or by the name before =', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'run=7')
  await mkdir(path)
  await writeFile(join(path, 'config.json'), '{"seed":3}')
  t.like(await readWorkDir(path), { name: 'run=7', path, config: { seed: 3 }, metrics: undefined })
  t.like(await readWorkDir(`${path}/`), { name: 'run=7' })
  t.like(await readWorkDir(`swin=${path}`), { name: 'swin', path })
})

test('a config that is no JSON leaves a run without a config', async (t) => {
  const path = await temporaryFolder(t)
  await writeFile(join(path, 'config.json'), '{"seed":')
  t.is((await readWorkDir(path)).config, undefined)
})

test('files that are there and cannot be read are told', async (t) => {
  const path = await temporaryFolder(t)
  for (const name of ['metrics.jsonl', 'config.json']) {
    await mkdir(join(path, name))
    await t.throwsAsync(readWorkDir(path), {
      name: 'DataError',
      message: `${join(path, name)}: cannot be read (EISDIR); check its permissions`,
    })
    await rm(join(path, name), { recursive: true })
  }
})

test('a folder that is no work dir is refused, as is one that is not there', async (t) => {
  const path = await temporaryFolder(t)
  await t.throwsAsync(readWorkDir(path), {
    name: 'DataError',
    message: `${path}: is no work dir, since it has neither config.json nor metrics.jsonl; give a folder that vanilladet train wrote`,
  })
  await t.throwsAsync(readWorkDir('nowhere/run'), {
    name: 'DataError',
    message: 'nowhere/run: there is no such work dir; give a folder that vanilladet train wrote',
  })
})
