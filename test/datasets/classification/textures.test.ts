import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readImageFolder } from '../../../datasets/classification/image_folder.js'
import {
  drawTexture,
  generateTextures,
  TEXTURE_CLASSES,
} from '../../../datasets/classification/textures.js'
import { DataError } from '../../../errors.js'
import { Random } from '../../../random/random.js'
import { temporaryFolder } from '../coco_folder.js'

test('each class has its folder of pictures, the same each time', async (t) => {
  const folder = await temporaryFolder(t)
  const [first, second] = [join(folder, 'a'), join(folder, 'b')]
  const options = { perClass: 2, size: 16, seed: 3 }
  await generateTextures({ directory: first, ...options })
  await generateTextures({ directory: second, ...options })
  const { classes, images } = await readImageFolder(first)
  t.deepEqual(classes, TEXTURE_CLASSES)
  t.is(classes.length, 10)
  t.is(images.length, 20)
  for (const { file } of images) {
    const other = file.replace(first, second)
    t.deepEqual(await readFile(file), await readFile(other))
  }
})

test('what is there is not made again, what is incomplete or of other options is', async (t) => {
  const directory = await temporaryFolder(t)
  const picture = join(directory, 'dots', '0001.png')
  await generateTextures({ directory, perClass: 2, size: 16, seed: 0 })
  const { mtimeMs } = await stat(picture)
  await generateTextures({ directory, perClass: 2, size: 16, seed: 0 })
  t.is((await stat(picture)).mtimeMs, mtimeMs)
  await writeFile(picture, 'of an interrupted run')
  await rm(join(directory, 'textures.json'))
  await generateTextures({ directory, perClass: 2, size: 16, seed: 0 })
  t.true((await readFile(picture)).length > 100)
  await generateTextures({ directory, perClass: 1, size: 16, seed: 0 })
  t.deepEqual(await readdir(join(directory, 'dots')), ['0001.png'])
})

test('each class has a pattern of its own in two colours', (t) => {
  for (const name of TEXTURE_CLASSES) {
    const pictures = [0, 1].map((index) => drawTexture(name, 32, new Random(name, index)))
    for (const { pixels, size } of pictures) {
      t.deepEqual(size, [32, 32])
      const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length
      const deviation = Math.sqrt(
        pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length,
      )
      t.true(deviation > 12, `${name}: ${deviation}`) // more than the noise that lies over it
    }
    t.notDeepEqual(pictures[0], pictures[1])
  }
})

test('a folder that cannot be made is refused', async (t) => {
  const file = join(await temporaryFolder(t), 'file')
  await writeFile(file, '')
  await t.throwsAsync(generateTextures({ directory: join(file, 'x'), perClass: 1, seed: 0 }), {
    instanceOf: DataError,
    message: /cannot be written \(ENOTDIR\); choose a writable folder$/,
  })
})
