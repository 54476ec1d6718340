import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { type ExifMode, mayHaveExif } from '../../datasets/exif.js'
import { decodeShown } from '../../datasets/image.js'
import {
  decodeImage,
  evalBatches,
  readHeader,
  type Sample,
  TrainLoader,
} from '../../datasets/index.js'
import { DataError } from '../../errors.js'
import { assertClose } from '../helpers/assert_close.js'
import { temporaryFolder } from './coco_folder.js'
import { dataSetOf } from './data_set_of.js'

/** Gray values of the stored image, 3 wide and 2 high. */
const STORED = [10, 20, 30, 40, 50, 60]

/**
 * The same as viewers show it, by orientation, with `[height, width]`. Source: table of the TIFF
 * 6.0 tag 274.
 */
const SHOWN: Record<number, [size: [number, number], pixels: number[]]> = {
  1: [
    [2, 3],
    [10, 20, 30, 40, 50, 60],
  ],
  2: [
    [2, 3],
    [30, 20, 10, 60, 50, 40],
  ],
  3: [
    [2, 3],
    [60, 50, 40, 30, 20, 10],
  ],
  4: [
    [2, 3],
    [40, 50, 60, 10, 20, 30],
  ],
  5: [
    [3, 2],
    [10, 40, 20, 50, 30, 60],
  ],
  6: [
    [3, 2],
    [40, 10, 50, 20, 60, 30],
  ],
  7: [
    [3, 2],
    [60, 30, 50, 20, 40, 10],
  ],
  8: [
    [3, 2],
    [30, 60, 20, 50, 10, 40],
  ],
}

/** The stored image, each pixel `scale` pixels long. */
function storedImage(orientation: number, scale = 1) {
  return sharp(Uint8Array.from(STORED), { raw: { width: 3, height: 2, channels: 1 } })
    .resize(3 * scale, 2 * scale, { kernel: 'nearest' })
    .withMetadata({ orientation })
}

const grays = (pixels: Uint8Array) => [...pixels].filter((_, i) => i % 3 === 0)

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  const [shownSize, shownPixels] = SHOWN[orientation]

  test(`orientation ${orientation} is applied, ignored, or told from the annotated size`, async (t) => {
    const file = join(await temporaryFolder(t), 'a.png')
    await storedImage(orientation).png().toFile(file)
    t.deepEqual(await readHeader(file), { size: [2, 3], orientation })
    const read = async (size: readonly [number, number], exif?: ExifMode) =>
      grays(await decodeImage(file, size, { exif }))
    t.deepEqual(await read(shownSize, 'apply'), shownPixels)
    t.deepEqual(await read([2, 3], 'ignore'), STORED)
    t.deepEqual(await read(shownSize, 'auto'), shownPixels)
    t.deepEqual(await read(shownSize), shownPixels)
    if (orientation >= 5) t.deepEqual(await read([2, 3]), STORED)

    const shown = await decodeShown(file)
    t.deepEqual(shown.size, shownSize)
    t.deepEqual(grays(shown.pixels), shownPixels)
  })

  test(`orientation ${orientation} of a JPEG is applied`, async (t) => {
    const file = join(await temporaryFolder(t), 'a.jpg')
    await storedImage(orientation, 16).jpeg({ quality: 100 }).toFile(file)
    const [height, width] = shownSize
    const decoded = await decodeImage(file, [16 * height, 16 * width])
    const centers = shownPixels.map((_, i) => {
      const [y, x] = [Math.floor(i / width), i % width]
      return decoded[3 * ((16 * y + 8) * 16 * width + 16 * x + 8)]
    })
    assertClose(t, centers, shownPixels, 0.02)
  })
}

for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
  test(`a ${format} carries an orientation`, async (t) => {
    const file = join(await temporaryFolder(t), 'a')
    await storedImage(6).toFormat(format).toFile(file)
    t.deepEqual(await readHeader(file), { size: [2, 3], orientation: 6 })
    t.is((await decodeShown(file)).size[0], 3)
    await t.notThrowsAsync(decodeImage(file, [3, 2]))
  })
}

test('of a square the annotated size tells nothing, and it is turned', async (t) => {
  const file = join(await temporaryFolder(t), 'a.png')
  const square = { raw: { width: 2, height: 2, channels: 1 as const } }
  const image = sharp(Uint8Array.of(10, 20, 30, 40), square).withMetadata({ orientation: 6 })
  await image.png().toFile(file)
  t.deepEqual(grays(await decodeImage(file, [2, 2])), [30, 10, 40, 20])
  t.deepEqual(grays(await decodeImage(file, [2, 2], { exif: 'ignore' })), [10, 20, 30, 40])
})

test('a size that only EXIF orientation explains is told with it', async (t) => {
  const file = join(await temporaryFolder(t), 'a.png')
  await storedImage(8).png().toFile(file)
  await t.throwsAsync(decodeImage(file, [3, 2], { exif: 'ignore' }), {
    instanceOf: DataError,
    message: `${file}: is 3 x 2 pixels as stored, but annotated as 2 x 3, as its EXIF orientation 8 turns it; set data.exif=auto, or data.exif=apply`,
  })
  await t.throwsAsync(decodeImage(file, [2, 3], { exif: 'apply' }), {
    instanceOf: DataError,
    message: `${file}: is 2 x 3 pixels as its EXIF orientation 8 turns it, but annotated as 3 x 2, as stored; set data.exif=auto, or data.exif=ignore`,
  })
  await t.throwsAsync(decodeImage(file, [5, 5]), {
    instanceOf: DataError,
    message: `${file}: is 2 x 3 pixels, but annotated as 5 x 5; use the image that was annotated`,
  })
})

test('an orientation that is none is upright', async (t) => {
  const file = join(await temporaryFolder(t), 'a.jpg')
  const jpeg = await storedImage(6, 8).jpeg().toBuffer()
  const tag = Buffer.from([0x12, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 6])
  const at = jpeg.indexOf(tag)
  t.true(at > 0)
  jpeg[at + tag.length - 1] = 9
  await writeFile(file, jpeg)
  t.is((await readHeader(file)).orientation, 1)
  await t.notThrowsAsync(decodeImage(file, [16, 24], { exif: 'apply' }))
})

test('a JPEG without EXIF is not asked for its orientation, and no other is spared', async (t) => {
  const plain = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer()
  const turned = await storedImage(6, 8).jpeg().toBuffer()
  t.false(mayHaveExif(plain))
  t.true(mayHaveExif(turned))
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(0xfffd, 0x41)])
  const late = Buffer.concat([turned.subarray(0, 2), comment, comment, turned.subarray(2)])
  t.true(mayHaveExif(late))
  t.true(mayHaveExif(plain.subarray(0, 30))) // what follows is not known

  const file = join(await temporaryFolder(t), 'a.jpg')
  await writeFile(file, late)
  t.deepEqual(await readHeader(file), { size: [16, 24], orientation: 6 })
  await t.notThrowsAsync(decodeImage(file, [24, 16], { exif: 'apply' }))
})

test('training and evaluation batches turn images, in workers too', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'a.png')
  await storedImage(3, 16).png().toFile(file)
  const sample: Sample = {
    ...{ imageId: 1, file, size: [32, 48], annotationId: () => 1 },
    ...{ boxesXyxy: Float32Array.of(0, 0, 16, 16), labels: Int32Array.of(0) },
    ...{ segmentation: () => undefined, crowdBoxesXyxy: new Float32Array() },
  }
  const dataset = dataSetOf([sample], ['cat'])
  const scale = [48, 32] as const
  const common = { dataset, batchSize: 1, bucketStep: 32 }
  const corners = async (exif: ExifMode | undefined, workers: number) => {
    const loader = new TrainLoader({
      ...{ ...common, exif, workers },
      ...{ scales: [scale], flip: 0, seed: 0 },
    })
    const { value } = await loader.batches().next()
    await loader.close()
    const evaluation = evalBatches({ ...common, exif, workers, testScale: scale })
    const { value: evaluated } = await evaluation.next()
    await evaluation.return()
    return [value!, evaluated!].map(({ tensors }) => tensors.images.data[0])
  }
  for (const workers of [0, 1]) {
    t.deepEqual(await corners(undefined, workers), [60, 60])
    t.deepEqual(await corners('ignore', workers), [10, 10])
  }
})
