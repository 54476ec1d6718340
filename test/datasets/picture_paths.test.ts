import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { findPictures, type PathReading } from '../../datasets/picture_paths.js'
import { temporaryFolder } from './coco_folder.js'

/** Composed and decomposed: one code point, and two. */
const [NFC, NFD] = ['\u00e9', 'e\u0301']

/** A folder `images`, with files of these paths that start from it. */
async function imageFolder(t: ExecutionContext, paths: readonly string[]): Promise<string> {
  const imageDir = join(await temporaryFolder(t), 'images')
  await mkdir(imageDir)
  for (const path of paths) {
    await mkdir(dirname(join(imageDir, path)), { recursive: true })
    await writeFile(join(imageDir, path), '')
  }
  return imageDir
}

const readings: [name: string, file: string, reading: PathReading][] = [
  ['a.png', 'a.png', 'plain'],
  ['./sub/a.png', 'sub/a.png', 'plain'],
  ['../elsewhere/b.png', '../elsewhere/b.png', 'plain'],
  ['with space+\u00fc.png', 'with space+\u00fc.png', 'plain'],
  ['50%.png', '50%.png', 'plain'],
  ['sub\\a.png', 'sub/a.png', 'slashes'],
  ['images\\1/x.jpg', 'images/1/x.jpg', 'slashes'],
  ['a%20b+c.png', 'a b+c.png', 'unescaped'],
  ['sub\\a%20b.png', 'sub/a b.png', 'slashes and unescaped'],
  [`${NFC}.png`, `${NFD}.png`, 'unicode'],
  [`${NFD}.png`, `${NFC}.png`, 'unicode'],
  [`${NFC}/${NFC}/a.png`, `${NFD}/${NFC}/a.png`, 'unicode'],
  [`sub\\${NFC}.png`, `sub/${NFD}.png`, 'unicode'],
  ['%C3%A9.png', `${NFD}.png`, 'unicode'],
]
for (const [name, file, reading] of readings) {
  test(`${JSON.stringify(name)} is found as ${JSON.stringify(file)}: ${reading}`, async (t) => {
    const imageDir = await imageFolder(t, [file, 'other.png'])
    const { pictures, missing } = findPictures([name], imageDir)
    t.deepEqual(pictures, [{ path: join(imageDir, file), reading }])
    t.deepEqual(missing, [])
  })
}

test('an absolute name and a file URL need no folder', async (t) => {
  const imageDir = await imageFolder(t, ['a b.png'])
  const path = join(imageDir, 'a b.png')
  const url = pathToFileURL(path).href
  const { pictures, repairs } = findPictures([path, url], 'nowhere')
  t.deepEqual(pictures, [
    { path, reading: 'plain' },
    { path, reading: 'url' },
  ])
  t.deepEqual(repairs, [
    `1 file name is a file:// URL, read as a path (first: ${JSON.stringify(url)})`,
  ])
})

test('a name that stands for a file is not repaired, whatever it looks like', async (t) => {
  const names = ['a\\b.png', 'a%20b.png', `${NFC}.png`, `${NFD}.png`]
  const imageDir = await imageFolder(t, [...names, 'a b.png', 'a/b.png'])
  const { pictures, repairs } = findPictures(names, imageDir)
  t.deepEqual(
    pictures,
    names.map((name) => ({ path: join(imageDir, name), reading: 'plain' })),
  )
  t.deepEqual(repairs, [])
})

test('repairs are counted, each kind with its first name', async (t) => {
  const imageDir = await imageFolder(t, ['sub/a.png', 'sub/b.png', 'c d.png', `${NFD}.png`])
  const names = ['sub\\b.png', 'sub/a.png', 'sub\\a.png', 'c%20d.png', `${NFC}.png`]
  t.deepEqual(findPictures(names, imageDir).repairs, [
    '2 file names have backslashes, read as slashes (first: "sub\\\\b.png")',
    '1 file name has URL escapes, decoded (first: "c%20d.png")',
    `1 file name is in another Unicode form than that of its file (first: "${NFC}.png")`,
  ])
})

test('a name that is not found keeps its plain path', async (t) => {
  const imageDir = await imageFolder(t, ['a.png'])
  const names = [
    'C:\\x\\b.png',
    'c.png',
    'a.png',
    'file://host/a.png',
    'no%zz.png',
    'deep/er/d.png',
  ]
  const { pictures, missing, repairs } = findPictures(names, imageDir)
  t.deepEqual(missing, names.toSpliced(2, 1))
  t.deepEqual(
    pictures,
    names.map((name) => ({
      path: join(imageDir, name),
      reading: name === 'a.png' ? 'plain' : 'missing',
    })),
  )
  t.deepEqual(repairs, [])
  t.is(findPictures(names, 'nowhere').missing.length, names.length)
})
