import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { imageFiles, outputNames, readPicture } from '../../../tools/cli/image_files.js'
import { temporaryFolder, writeImage } from '../../datasets/coco_folder.js'

test('a folder stands for its images by name, a file for itself', async (t) => {
  const folder = await temporaryFolder(t)
  for (const name of ['b.png', 'a.JPG', 'c.webp'])
    await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .toFormat(name === 'a.JPG' ? 'jpeg' : name === 'c.webp' ? 'webp' : 'png')
      .toFile(join(folder, name))
  await writeFile(join(folder, 'notes.txt'), 'no image')
  const odd = join(folder, 'notes.txt')
  const { files, failed, skipped } = await imageFiles([odd, folder])
  t.deepEqual(files, [odd, ...['a.JPG', 'b.png', 'c.webp'].map((name) => join(folder, name))])
  t.deepEqual(failed, [])
  t.deepEqual(skipped, [`${folder}: skipped 1 file that is no image by its name (notes.txt)`])
})

test('what is skipped in a folder is counted and named by its kind', async (t) => {
  const folder = await temporaryFolder(t)
  const names = [
    'a.jpg',
    'b.jfif',
    '._a.jpg',
    '.DS_Store',
    'x.bmp',
    'w',
    'y.json',
    'z',
    'Thumbs.db',
  ]
  for (const name of names) await writeFile(join(folder, name), '')
  await mkdir(join(folder, 'dir.jpg'))
  await symlink(join(folder, 'dir.jpg'), join(folder, 'link.jpg'))
  const { files, skipped } = await imageFiles([folder])
  t.deepEqual(
    files,
    ['a.jpg', 'b.jfif'].map((name) => join(folder, name)),
  )
  t.deepEqual(skipped, [
    `${folder}: skipped 1 image in a format that is not supported (x.bmp), 2 hidden files (.DS_Store, ._a.jpg), 2 folders (dir.jpg, link.jpg), 4 files that are no images by their names (Thumbs.db, w, y.json, ...)`,
  ])
})

test('a folder of images that are not supported is refused with them', async (t) => {
  const folder = await temporaryFolder(t)
  for (const name of ['1.bmp', '2.HEIC']) await writeFile(join(folder, name), '')
  await t.throwsAsync(imageFiles([folder]), {
    name: 'DataError',
    message: `${folder}: holds no image, but 2 images in formats that are not supported (1.bmp, 2.HEIC); give a folder with JPEG, PNG, WebP, TIFF, GIF or AVIF files`,
  })
})

test('a path that gives no image is listed beside those that do', async (t) => {
  const folder = await temporaryFolder(t)
  const [image, missing] = [join(folder, 'a.jpg'), join(folder, 'missing.jpg')]
  await writeFile(image, '')
  const { files, failed } = await imageFiles([missing, image])
  t.deepEqual(files, [image])
  const reason = `${missing}: no such image; give an image file or a folder of them`
  t.deepEqual(failed, [{ file: missing, reason }])
})

test('what is not there or cannot be read, and an empty folder, are told', async (t) => {
  const folder = await temporaryFolder(t)
  const missing = join(folder, 'missing.jpg')
  await t.throwsAsync(imageFiles([missing]), {
    name: 'DataError',
    message: `${missing}: no such image; give an image file or a folder of them`,
  })
  await t.throwsAsync(imageFiles([folder]), {
    name: 'DataError',
    message: `${folder}: holds no image; give a folder with JPEG, PNG, WebP, TIFF, GIF or AVIF files`,
  })
  const loop = join(folder, 'loop.jpg')
  await symlink(loop, loop)
  await t.throwsAsync(imageFiles([loop]), {
    name: 'DataError',
    message: `${loop}: cannot be read (ELOOP); check its permissions`,
  })
})

test('gray, 16-bit and transparent images become RGB', async (t) => {
  const folder = await temporaryFolder(t)
  const gray = join(folder, 'gray.png')
  const pixels = Uint8Array.from([0, 50, 100, 150, 200, 250])
  const raw = { width: 3, height: 2, channels: 1 } as const
  await sharp(pixels, { raw }).toColourspace('b-w').png().toFile(gray)
  const { data, width, height } = await readPicture(gray)
  t.deepEqual([width, height], [3, 2])
  t.deepEqual(
    Array.from(data),
    [...pixels].flatMap((value) => [value, value, value]),
  )

  const clear = join(folder, 'clear.png')
  const background = { r: 10, g: 20, b: 30, alpha: 0 }
  await sharp({ create: { width: 1, height: 2, channels: 4, background } }).toFile(clear)
  t.deepEqual(Array.from((await readPicture(clear)).data), [10, 20, 30, 10, 20, 30])

  const deep = join(folder, 'deep.png')
  await sharp({ create: { width: 2, height: 2, channels: 3, background: '#0a141e' } })
    .toColourspace('rgb16')
    .toFile(deep)
  t.is((await sharp(deep).metadata()).depth, 'ushort')
  t.deepEqual(Array.from((await readPicture(deep)).data.subarray(0, 3)), [10, 20, 30])
})

test('an image is turned by its EXIF orientation, as viewers show it', async (t) => {
  const file = join(await temporaryFolder(t), 'turned.png')
  await sharp(Uint8Array.from([10, 200]), { raw: { width: 2, height: 1, channels: 1 } })
    .withMetadata({ orientation: 8 })
    .toFile(file)
  const { data, width, height } = await readPicture(file)
  t.deepEqual([width, height], [1, 2])
  t.deepEqual(Array.from(data), [200, 200, 200, 10, 10, 10])
})

test('a file that is no image, cut short, or too large is told in a sentence', async (t) => {
  const folder = await temporaryFolder(t)
  const text = join(folder, 'text.jpg')
  await writeFile(text, 'no image at all')
  await t.throwsAsync(readPicture(text), { name: 'DataError', message: /: is text, not an image/ })
  const whole = await writeImage(join(folder, 'whole.png'), [40, 40])
  const cut = join(folder, 'cut.png')
  const bytes = await readFile(whole)
  await writeFile(cut, bytes.subarray(0, bytes.length - 40))
  await t.throwsAsync(readPicture(cut), {
    name: 'DataError',
    message: new RegExp(`^${cut}: is broken or cut short \\(.+\\); copy the image again$`),
  })
  await t.throwsAsync(readPicture(whole, { maxPixels: 1599 }), {
    name: 'DataError',
    message: /: is 40 x 40 = 1600 pixels, more than the limit of 1599; .*--max-pixels 1600/,
  })
})

test('images of one name have pictures of different names', (t) => {
  t.deepEqual(outputNames(['a/1.jpg', 'b/1.png', 'c/2.jpg', '1_2.jpg', 'd/1.jpg']), [
    '1',
    '1_2',
    '2',
    '1_2_2',
    '1_3',
  ])
})

test('what is made of one image never has the name of what is made of another', (t) => {
  const suffixes = ['', '.activation']
  t.deepEqual(outputNames(['a.jpg', 'a.activation.jpg'], suffixes), ['a', 'a.activation_2'])
  t.deepEqual(outputNames(['a.activation.jpg', 'a.jpg'], suffixes), ['a.activation', 'a_2'])
})
