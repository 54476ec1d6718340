import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { replacedInput, requireWritable } from '../../../tools/cli/output_file.js'
import { temporaryFolder } from '../../datasets/coco_folder.js'

test('a folder is refused as the path of a file', async (t) => {
  const folder = await temporaryFolder(t)
  await t.throwsAsync(requireWritable(folder), {
    name: 'DataError',
    message: `${folder}: is a folder; give the path of a file`,
  })
  await t.notThrowsAsync(requireWritable(join(folder, 'new', 'file.json')))
})

test('an input is known where an output or its unfinished file would replace it', async (t) => {
  const folder = await temporaryFolder(t)
  const [dog, cat] = ['dog.jpg', 'cat.jpg.tmp'].map((name) => join(folder, name))
  for (const file of [dog, cat]) await writeFile(file, '')
  await mkdir(join(folder, 'photos'))
  const link = join(folder, 'photos', 'link.jpg')
  await symlink(dog, link)
  t.is(await replacedInput([join(folder, 'photos', '..', 'dog.jpg')], [cat, dog]), dog)
  t.is(await replacedInput([dog], [link]), link)
  t.is(await replacedInput([join(folder, 'cat.jpg')], [dog, cat]), cat)
  t.is(await replacedInput([join(folder, 'new.jpg')], [dog, cat, '/nowhere']), undefined)
})
