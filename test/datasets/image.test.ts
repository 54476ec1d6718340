import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { decodeImage } from '../../datasets/index.js'
import { DataError } from '../../errors.js'
import { assertClose } from '../helpers/assert_close.js'
import { temporaryFolder, writeImage } from './coco_folder.js'

/** 2 wide, 1 high: an orange and a blue pixel. */
const twoPixels = sharp(Uint8Array.of(200, 100, 50, 10, 20, 220), {
  raw: { width: 2, height: 1, channels: 3 },
})

test('a PNG decodes to its RGB values, row by row', async (t) => {
  const file = join(await temporaryFolder(t), 'a.png')
  await twoPixels.clone().png().toFile(file)
  t.deepEqual([...(await decodeImage(file, [1, 2]))], [200, 100, 50, 10, 20, 220])
})

test('alpha is dropped, not blended', async (t) => {
  const file = join(await temporaryFolder(t), 'a.png')
  await twoPixels.clone().ensureAlpha(0.25).png().toFile(file)
  t.deepEqual([...(await decodeImage(file, [1, 2]))], [200, 100, 50, 10, 20, 220])
})

test('gray is repeated in three channels', async (t) => {
  const file = join(await temporaryFolder(t), 'a.png')
  await sharp(Uint8Array.of(7, 250), { raw: { width: 2, height: 1, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file)
  t.is((await sharp(file).metadata()).channels, 1)
  t.deepEqual([...(await decodeImage(file, [1, 2]))], [7, 7, 7, 250, 250, 250])
})

test('16 bits are cut to 8', async (t) => {
  const file = join(await temporaryFolder(t), 'a.png')
  await twoPixels.clone().toColourspace('rgb16').png().toFile(file)
  t.is((await sharp(file).metadata()).depth, 'ushort')
  assertClose(t, await decodeImage(file, [1, 2]), [200, 100, 50, 10, 20, 220], 0.01)
})

test('CMYK is converted to about the same RGB', async (t) => {
  const file = join(await temporaryFolder(t), 'a.jpg')
  const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c86432' } })
  await image.toColourspace('cmyk').jpeg({ quality: 100 }).toFile(file)
  t.is((await sharp(file).metadata()).space, 'cmyk')
  const decoded = await decodeImage(file, [8, 8])
  t.is(decoded.length, 8 * 8 * 3)
  // The inks of the default profile cannot mix this orange exactly: blue is 21 in place of 50.
  assertClose(t, decoded.subarray(0, 2), [200, 100], 0.1)
})

test('a missing image is named', async (t) => {
  const file = join(await temporaryFolder(t), 'a.jpg')
  await t.throwsAsync(decodeImage(file, [48, 64]), {
    instanceOf: DataError,
    message: `${file}: no such image; set imageDir of data.train or data.val to their folder`,
  })
})

for (const extension of ['jpg', 'png']) {
  test(`a ${extension} that is cut short is refused`, async (t) => {
    const file = join(await temporaryFolder(t), `a.${extension}`)
    const noise = Uint8Array.from({ length: 48 * 64 * 3 }, (_, i) => (i * i * 31) % 251)
    await sharp(noise, { raw: { width: 64, height: 48, channels: 3 } }).toFile(file)
    const bytes = await readFile(file)
    await writeFile(file, bytes.subarray(0, bytes.length / 2))
    const error = await t.throwsAsync(decodeImage(file, [48, 64]), { instanceOf: DataError })
    t.true(error.message.startsWith(`${file}: is broken or cut short (`), error.message)
    t.true(error.message.endsWith('); copy the image again'), error.message)
    t.notRegex(error.message, /\n/)
  })
}

test('an image of another size than annotated is refused, with both sizes', async (t) => {
  const file = await writeImage(join(await temporaryFolder(t), 'a.png'), [48, 64])
  await t.throwsAsync(decodeImage(file, [64, 48]), {
    instanceOf: DataError,
    message: `${file}: is 64 x 48 pixels, but annotated as 48 x 64; use the image that was annotated`,
  })
})
