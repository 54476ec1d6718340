import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readImageFolder } from '../../../datasets/classification/image_folder.js'
import { DataError } from '../../../errors.js'
import { temporaryFolder } from '../coco_folder.js'

async function folderOf(t: ExecutionContext, files: readonly string[]): Promise<string> {
  const folder = await temporaryFolder(t)
  for (const file of files) {
    const path = join(folder, file)
    await mkdir(dirname(path), { recursive: true })
    if (!file.endsWith('/')) await writeFile(path, '')
  }
  return folder
}

test('labels are those of the sorted class folders, images those of their sorted paths', async (t) => {
  const files = ['b/2.png', 'b/10.PNG', 'a/x.jpeg', 'a/deep/y.webp', 'Z/1.tif']
  const folder = await folderOf(t, files)
  const { classes, images } = await readImageFolder(folder)
  t.deepEqual(classes, ['Z', 'a', 'b'])
  t.deepEqual(
    images.map(({ file, label }) => [relative(folder, file), label]),
    [
      ['Z/1.tif', 0],
      ['a/x.jpeg', 1],
      ['a/deep/y.webp', 1],
      ['b/10.PNG', 2],
      ['b/2.png', 2],
    ],
  )
})

test('names above U+FFFF come last, as in Python', async (t) => {
  const folder = await folderOf(t, ['😀/a.png', 'ﬀ/a.png', 'é/a.png'])
  t.deepEqual((await readImageFolder(folder)).classes, ['é', 'ﬀ', '😀'])
})

test('other files, hidden ones and files beside the class folders are passed over', async (t) => {
  const folder = await folderOf(t, ['a/1.png', 'a/notes.txt', 'a/.2.png', '.git/x.png', 'b.png'])
  const { classes, images } = await readImageFolder(folder)
  t.deepEqual([classes, images.length], [['a'], 1])
})

test('a class folder may be a link', async (t) => {
  const folder = await folderOf(t, ['real/1.png'])
  await symlink(join(folder, 'real'), join(folder, 'link'))
  t.deepEqual((await readImageFolder(folder)).classes, ['link', 'real'])
})

test('the classes of the training images number those of another folder', async (t) => {
  const folder = await folderOf(t, ['a/1.png', 'b/1.png'])
  const { images } = await readImageFolder(folder, { classes: ['b', 'a'] })
  t.deepEqual(
    images.map(({ file, label }) => [relative(folder, file), label]),
    [
      ['b/1.png', 0],
      ['a/1.png', 1],
    ],
  )
})

const faults: [string, string[], string[] | undefined, string][] = [
  [
    'no class',
    ['1.png'],
    undefined,
    'has no class folders; put the images of each class in a folder',
  ],
  [
    'a class without images',
    ['a/1.png', 'b/notes.txt', 'c/.hidden.png'],
    undefined,
    'has the classes b, c without images; add images, or remove the folder',
  ],
  [
    'other classes than in training',
    ['a/1.png', 'c/1.png'],
    ['a', 'b'],
    'lacks the classes b and has the unknown classes c; give both splits the same class folders',
  ],
]
for (const [name, files, classes, message] of faults) {
  test(`a folder with ${name} is refused`, async (t) => {
    const folder = await folderOf(t, files)
    await t.throwsAsync(readImageFolder(folder, { classes }), {
      instanceOf: DataError,
      message: `${folder}: ${message}`,
    })
  })
}

test('a folder that is not there is named', async (t) => {
  const folder = join(await temporaryFolder(t), 'nowhere')
  await t.throwsAsync(readImageFolder(folder), {
    message: `${folder}: cannot be listed (ENOENT); name a folder of class folders`,
  })
})
