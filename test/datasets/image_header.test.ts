import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { decodeShown } from '../../datasets/image.js'
import { decodeImage, readHeader } from '../../datasets/index.js'
import { DataError } from '../../errors.js'
import { temporaryFolder, writeImage } from './coco_folder.js'

for (const extension of ['jpg', 'png', 'webp', 'tif', 'gif', 'avif']) {
  test(`the header of a ${extension} larger than what is read first has its size`, async (t) => {
    const file = join(await temporaryFolder(t), `a.${extension}`)
    const noise = Uint8Array.from({ length: 480 * 640 * 3 }, (_, i) => 1e6 * Math.sin(i))
    const image = sharp(noise, { raw: { width: 640, height: 480, channels: 3 } })
    await image.withMetadata({ orientation: 1 }).toFile(file)
    t.true((await readFile(file)).length > 64 * 1024)
    t.deepEqual(await readHeader(file), { size: [480, 640], orientation: 1 })
  })
}

test('a header is read of an image whose pixels are cut short', async (t) => {
  const file = await writeImage(join(await temporaryFolder(t), 'a.png'), [48, 64])
  const bytes = await readFile(file)
  await writeFile(file, bytes.subarray(0, bytes.length - 20))
  t.deepEqual(await readHeader(file), { size: [48, 64], orientation: 1 })
})

test('a header of a missing image names it', async (t) => {
  const file = join(await temporaryFolder(t), 'a.jpg')
  await t.throwsAsync(readHeader(file), {
    instanceOf: DataError,
    message: `${file}: no such image; set imageDir of data.train or data.val to their folder`,
  })
})

for (const extension of ['jpg', 'png']) {
  test(`a ${extension} of more pixels than allowed is refused with size, limit and option`, async (t) => {
    const file = await writeImage(join(await temporaryFolder(t), `a.${extension}`), [48, 64])
    const expected = {
      instanceOf: DataError,
      message: `${file}: is 64 x 48 = 3072 pixels, more than the limit of 3071; set data.maxPixels=3072 (infer: --max-pixels 3072), or cut the image into tiles`,
    }
    await t.throwsAsync(decodeImage(file, [48, 64], { maxPixels: 3071 }), expected)
    await t.throwsAsync(decodeShown(file, { maxPixels: 3071 }), expected)
    await t.throwsAsync(readHeader(file, { maxPixels: 3071 }), expected)
    await t.notThrowsAsync(decodeImage(file, [48, 64], { maxPixels: 3072 }))
  })
}

test('an image is refused by its header where its pixels would need gigabytes', async (t) => {
  const file = join(await temporaryFolder(t), 'a.png')
  const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  png.writeUInt32BE(17000, 16)
  png.writeUInt32BE(16000, 20)
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29)
  await writeFile(file, png)
  await t.throwsAsync(decodeImage(file, [16000, 17000]), {
    message: /: is 17000 x 16000 = 272000000 pixels, more than the limit of 268402689; set /,
  })
  t.deepEqual(await readHeader(file, { maxPixels: 272000000 }), {
    size: [16000, 17000],
    orientation: 1,
  })
})

/** Checksum of a PNG chunk. */
function crc32(bytes: Buffer): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
