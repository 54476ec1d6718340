import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { makeFolder } from '../../files/make_folder.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

test('folders are made with those above them, and may be there', async (t) => {
  const path = join(await temporaryFolder(t), 'a', 'b', 'c')
  await makeFolder(path)
  await makeFolder(path)
  t.true((await stat(path)).isDirectory())
})

test('a file in the way is told by its code', async (t) => {
  const file = join(await temporaryFolder(t), 'file')
  await writeFile(file, '')
  await t.throwsAsync(makeFolder(file), { code: 'EEXIST' })
  await t.throwsAsync(makeFolder(join(file, 'a')), { code: 'EEXIST' })
})

test('where no folder can be made it ends with an error', async (t) => {
  // `mkdir` with `recursive` never returns here in Node 20.
  const error = await t.throwsAsync<NodeJS.ErrnoException>(makeFolder('/proc/vanilladet/a'))
  t.is(typeof error?.code, 'string')
})
