import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { countExif, exifLines, readHeaders } from '../../datasets/exif_counts.js'
import { DataError } from '../../errors.js'
import { temporaryFolder, writeImage } from './coco_folder.js'

/** An upright, a quarter turned, an upside down image, and a file that is none. */
async function images(t: ExecutionContext): Promise<Record<string, string>> {
  const folder = await temporaryFolder(t)
  const turned = async (name: string, orientation: number) => {
    const file = join(folder, name)
    await sharp({ create: { width: 6, height: 4, channels: 3, background: 'red' } })
      .withMetadata({ orientation })
      .toFile(file)
    return file
  }
  const none = join(folder, 'none.jpg')
  await writeFile(none, 'no image')
  return {
    upright: await writeImage(join(folder, 'upright.jpg'), [4, 6]),
    quarter: await turned('quarter.jpg', 6),
    half: await turned('half.png', 3),
    none,
  }
}

test('images are counted as they will be read', async (t) => {
  const { upright, quarter, half, none } = await images(t)
  const list = [
    { file: upright, size: [4, 6] as const },
    { file: quarter, size: [6, 4] as const },
    { file: quarter, size: [4, 6] as const },
    { file: quarter },
    { file: half, size: [4, 6] as const },
    { file: none },
  ]
  const counts = { total: 6, unreadable: [none] }
  t.deepEqual(await countExif(list), {
    ...{ ...counts, turned: [quarter, quarter, half], asStored: [quarter] },
  })
  t.deepEqual(await countExif(list, { exif: 'apply' }), {
    ...{ ...counts, turned: [quarter, quarter, quarter, half], asStored: [] },
  })
  t.deepEqual(await countExif(list, { exif: 'ignore' }), {
    ...{ ...counts, turned: [], asStored: [quarter, quarter, quarter, half] },
  })
})

test('what EXIF orientation does is told with the first of the images', (t) => {
  const counts = { total: 9, turned: ['a.jpg', 'b.jpg'], asStored: ['c.jpg'], unreadable: [] }
  t.deepEqual(exifLines(counts), [
    'EXIF orientation: 2 of 9 images are turned by it, as viewers show them (data.exif; first: a.jpg)',
    'EXIF orientation: 1 of 9 images is read as stored, not as viewers show them (data.exif; first: c.jpg)',
  ])
  t.deepEqual(exifLines({ total: 9, turned: [], asStored: [], unreadable: ['d.jpg'] }), [])
})

test('headers come in the order of their files, errors among them', async (t) => {
  const { upright, quarter, none } = await images(t)
  const [first, error, last] = await readHeaders([quarter, none, upright])
  t.deepEqual(first, { size: [4, 6], orientation: 6 })
  t.true(error instanceof DataError)
  t.deepEqual(last, { size: [4, 6], orientation: 1 })
  const many = await readHeaders([...Array(40).fill(upright), quarter])
  t.is(many.length, 41)
  t.deepEqual(many[40], first)
})
