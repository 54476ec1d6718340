import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { checkImages } from '../../datasets/check_images.js'
import { generateShapes, loadCoco } from '../../datasets/index.js'
import { temporaryFolder } from './coco_folder.js'

test('whole images of the annotated size pass', async (t) => {
  const directory = await temporaryFolder(t)
  const files = await generateShapes({ directory, count: 10, size: [32, 32], seed: 0 })
  const { samples } = await loadCoco({ ...files, mode: 'test' })
  await t.notThrowsAsync(checkImages(samples))
  await writeFile(join(files.imageDir, '000009.png'), 'no image')
  await t.throwsAsync(checkImages(samples), {
    name: 'DataError',
    message: /000009\.png: is broken or cut short/,
  })
})

test('a missing image is found wherever it stands, before any other is decoded', async (t) => {
  const directory = await temporaryFolder(t)
  const files = await generateShapes({ directory, count: 2, size: [32, 32], seed: 0 })
  const { samples } = await loadCoco({ ...files, mode: 'test' })
  const many = [...Array(300).fill(samples[0]), samples[1]]
  await writeFile(samples[0].file, 'no image')
  await rm(samples[1].file)
  await t.throwsAsync(checkImages(many), { message: /000002\.png: no such image/ })
})
