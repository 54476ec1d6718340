import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { decodeImage, readHeader } from '../../datasets/index.js'
import { DataError } from '../../errors.js'
import { temporaryFolder } from './coco_folder.js'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const box = (type: string, rest: string) => {
  const body = latin1(type + rest)
  return Buffer.concat([Buffer.from([0, 0, 0, body.length + 4]), body])
}

const COPY = 'copy the image again'
const GIVE = 'give a JPEG, PNG, WebP, TIFF, GIF or AVIF file'
const notSupported = (format: string) =>
  `is in the format ${format}, which is not supported; convert it to PNG, or another of JPEG, PNG, WebP, TIFF, GIF or AVIF`

const contents: [title: string, bytes: Buffer, sentence: string][] = [
  ['an empty file', Buffer.alloc(0), `is an empty file; ${COPY}`],
  [
    'a Git LFS pointer',
    latin1('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'),
    'is a Git LFS pointer, not the image itself; run git lfs pull',
  ],
  [
    'an HTML page',
    latin1('\n<!DOCTYPE html>\n<html><body>404</body></html>'),
    'is an HTML page, not an image; download the image again',
  ],
  [
    'HTML without a document type',
    latin1('<html>Not found</html>'),
    'is an HTML page, not an image; download the image again',
  ],
  [
    'text',
    Buffer.from('hällo, this is a note\n'),
    `is text, not an image (it begins with "hällo, this is a not"); ${COPY}`,
  ],
  [
    'a ._ file',
    latin1('\0\x05\x16\x07\0\x02\0\0Mac OS X        '),
    'is a companion file of macOS (AppleDouble), not an image; remove it',
  ],
  ['a BMP', latin1('BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0'), notSupported('BMP')],
  [
    'a JPEG 2000',
    Buffer.concat([box('jP  ', '\r\n\x87\n'), box('ftyp', 'jp2 \0\0\0\0jp2 ')]),
    notSupported('JPEG 2000'),
  ],
  ['a HEIC', box('ftyp', 'heic\0\0\0\0mif1heic'), notSupported('HEIC')],
  ['a PSD', latin1('8BPS\0\x01\0\0\0\0\0\0\0\x03'), notSupported('PSD (Photoshop)')],
  ['an ICO', latin1('\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0'), notSupported('ICO')],
  ['a JPEG XL', latin1('\xff\x0a\x10\xb5\x04\x12'), notSupported('JPEG XL')],
  ['a PPM', latin1('P6\n2 1\n255\n\0\0\0\0\0\0'), notSupported('PNM (PBM, PGM, PPM or PAM)')],
  ['a TGA', latin1('\0\0\x02\0\0\0\0\0\0\0\0\0\x08\0\x06\0\x18\0'), notSupported('TGA')],
  ['an OpenEXR', latin1('v/1\x01\x02\0\0\0'), notSupported('OpenEXR')],
  [
    'a PDF',
    latin1('%PDF-1.7\n%\xe2\xe3'),
    `is a file of type application/pdf, not an image; ${GIVE}`,
  ],
  [
    'zero bytes',
    Buffer.alloc(5000),
    `is in no image format that is known; copy it again, or ${GIVE}`,
  ],
]

for (const [title, bytes, sentence] of contents) {
  test(`${title} with the name of an image is called what it is`, async (t) => {
    const file = join(await temporaryFolder(t), 'a.jpg')
    await writeFile(file, bytes)
    const expected = { instanceOf: DataError, message: `${file}: ${sentence}` }
    await t.throwsAsync(decodeImage(file, [48, 64]), expected)
    await t.throwsAsync(readHeader(file), expected)
  })
}

test('a folder with the name of an image is called a folder', async (t) => {
  const file = join(await temporaryFolder(t), 'a.jpg')
  await mkdir(file)
  const expected = { instanceOf: DataError, message: `${file}: is a folder, not an image; ${GIVE}` }
  await t.throwsAsync(decodeImage(file, [48, 64]), expected)
  await t.throwsAsync(readHeader(file), expected)
})

const formats = ['jpeg', 'png', 'webp', 'tiff', 'gif', 'avif'] as const
for (const format of formats) {
  test(`a broken ${format} is called broken, not of another format`, async (t) => {
    const file = join(await temporaryFolder(t), 'a')
    const noise = Uint8Array.from({ length: 48 * 64 * 3 }, (_, i) => (i * i * 31) % 251)
    const image = sharp(noise, { raw: { width: 64, height: 48, channels: 3 } }).toFormat(format)
    const bytes = await image.toBuffer()
    await writeFile(file, bytes.subarray(0, bytes.length / 2))
    const error = await t.throwsAsync(decodeImage(file, [48, 64]), { instanceOf: DataError })
    t.regex(error.message, /: is broken or cut short \([^\n]+\); copy the image again$/)
  })
}

/** Bits, and the number that TIFF has for the type. */
const TIFF_SAMPLES = {
  uchar: [8, 1],
  short: [16, 2],
  uint: [32, 1],
  float: [32, 3],
  double: [64, 3],
} as const

const NO_RANGE = 'whose range of brightness is not known'
const samples: [type: keyof typeof TIFF_SAMPLES, sentence: string][] = [
  ['float', `has samples of type float, ${NO_RANGE}`],
  ['short', `has samples of type int16, ${NO_RANGE}`],
  ['uint', `has samples of type uint32, ${NO_RANGE}`],
  ['double', 'has samples of more than 32 bits'],
]
for (const [type, sentence] of samples) {
  test(`an image with samples of type ${type} is refused, not made black`, async (t) => {
    const file = join(await temporaryFolder(t), 'a.tif')
    await writeFile(file, onePixelTiff(type))
    const expected = {
      instanceOf: DataError,
      message: `${file}: ${sentence}; convert it to 8 or 16 bits without sign`,
    }
    await t.throwsAsync(decodeImage(file, [1, 1]), expected)
    await t.throwsAsync(readHeader(file), expected)
  })
}

test('the TIFF of these tests is read where its samples are of 8 bits', async (t) => {
  const file = join(await temporaryFolder(t), 'a.tif')
  await writeFile(file, onePixelTiff('uchar'))
  t.deepEqual([...(await decodeImage(file, [1, 1]))], [0, 0, 0])
})

/** A TIFF of one gray pixel, whose sample is zero. */
function onePixelTiff(type: keyof typeof TIFF_SAMPLES): Buffer {
  const [bits, format] = TIFF_SAMPLES[type]
  const tags = [
    [256, 1],
    [257, 1],
    [258, bits],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, 1],
    [279, bits / 8],
    [339, format],
  ]
  const directory = Buffer.alloc(2 + 12 * tags.length + 4)
  directory.writeUInt16LE(tags.length)
  for (const [i, [tag, value]] of tags.entries()) {
    const at = 2 + 12 * i
    directory.writeUInt16LE(tag, at)
    directory.writeUInt16LE(3, at + 2) // SHORT
    directory.writeUInt32LE(1, at + 4)
    directory.writeUInt16LE(value, at + 8)
  }
  const start = Buffer.from([0x49, 0x49, 42, 0, 16, 0, 0, 0])
  return Buffer.concat([start, Buffer.alloc(8), directory])
}
