import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join, relative } from 'node:path'
import test from 'ava'
import { onPath } from '../../engine/runtime/system_library.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

test('a library is looked for in the folders of a path, and not from the current folder', async (t) => {
  const folder = await temporaryFolder(t)
  const [one, other, without] = ['one', 'other', 'without'].map((name) => join(folder, name))
  for (const path of [one, other, without]) await mkdir(path)
  for (const path of [one, other]) await writeFile(join(path, 'x.dll'), '')
  const path = ['', '.', relative(process.cwd(), one), without, other, one].join(delimiter)
  t.deepEqual(onPath('x.dll', path), [join(other, 'x.dll'), join(one, 'x.dll')])
})
