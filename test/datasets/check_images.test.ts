import { rm, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { type CheckedImage, checkImages } from '../../datasets/check_images.js'
import { DataError } from '../../errors.js'
import { temporaryFolder, writeImage } from './coco_folder.js'

const IMAGE_DIR = 'set imageDir of data.train or data.val to their folder'

/** Images of 32 x 32 pixels, `00.png` and so on. */
async function images(t: ExecutionContext, count: number): Promise<CheckedImage[]> {
  const folder = await temporaryFolder(t)
  const names = Array.from({ length: count }, (_, i) => `${String(i).padStart(2, '0')}.png`)
  const files = names.map((name) => writeImage(join(folder, name), [32, 32]))
  return (await Promise.all(files)).map((file) => ({ file, size: [32, 32] }))
}

async function refusal(
  t: ExecutionContext,
  ...args: Parameters<typeof checkImages>
): Promise<string> {
  const error = await t.throwsAsync(checkImages(...args), { instanceOf: DataError })
  return error.message
}

test('whole images of the annotated size pass', async (t) => {
  const whole = await images(t, 10)
  await t.notThrowsAsync(checkImages(whole))
  await writeFile(whole[8].file, 'no image')
  t.regex(await refusal(t, whole), /08\.png: is text, not an image \(.*\); copy the image again$/)
})

test('a missing image is found wherever it stands, before any other is decoded', async (t) => {
  const [first, second] = await images(t, 2)
  const many = [...Array(300).fill(first), second]
  await writeFile(first.file, 'no image')
  await rm(second.file)
  t.is(await refusal(t, many), `${second.file}: no such image; ${IMAGE_DIR}`)
})

test('missing images are named at once, up to ten of them', async (t) => {
  const some = await images(t, 14)
  for (const { file } of some.slice(2)) await rm(file)
  const lines = some.slice(2, 12).map(({ file }) => `  ${file}: no such image`)
  t.is(
    await refusal(t, some),
    [`12 of 14 images are missing; ${IMAGE_DIR}:`, ...lines, '  and 2 more'].join('\n'),
  )
})

test('of a path that starts from the working directory the place is named', async (t) => {
  const [{ file }] = await images(t, 1)
  await rm(file)
  const path = relative(process.cwd(), file)
  t.is(
    await refusal(t, [{ file: path, size: [32, 32] }]),
    `${path}: no such image (looked at ${file}); ${IMAGE_DIR}`,
  )
})

test('a folder of images that is not there is named as such', async (t) => {
  const some = await images(t, 2)
  const folder = join(await temporaryFolder(t), 'nowhere')
  const moved = some.map(({ file, size }) => ({ file: join(folder, basename(file)), size }))
  t.is(
    await refusal(t, moved),
    `${folder}: no such folder; looked for 2 of 2 images, the first 00.png; ${IMAGE_DIR}`,
  )
})

test('images that cannot be used are named at once, up to ten, each with its reason', async (t) => {
  const some = await images(t, 13)
  await writeFile(some[0].file, '')
  for (const { file } of some.slice(2)) await writeImage(file, [16, 16])
  const lines = (await refusal(t, some)).split('\n')
  t.is(lines[0], '12 of 13 images cannot be used; repair them, or leave them out:')
  t.is(lines[1], `  ${some[0].file}: is an empty file; copy the image again`)
  t.is(
    lines[2],
    `  ${some[2].file}: is 16 x 16 pixels, but annotated as 32 x 32; use the image that was annotated`,
  )
  t.deepEqual(lines.slice(11), ['  and 2 more'])
})

test('of many images the first 200 are decoded', async (t) => {
  const [whole, small, late] = await images(t, 3)
  await Promise.all([small, late].map(({ file }) => writeImage(file, [16, 16])))
  const many = [...Array(199).fill(whole), small, late]
  t.regex(await refusal(t, many), /01\.png: is 16 x 16 pixels/)
  many.splice(0, 1)
  many.push(whole)
  t.regex(await refusal(t, many), /^2 of the first 200 images cannot be used; /)
})

test('images are checked as they will be read', async (t) => {
  const file = join(await temporaryFolder(t), 'a.jpg')
  await sharp({ create: { width: 32, height: 16, channels: 3, background: 'red' } })
    .withMetadata({ orientation: 6 })
    .toFile(file)
  const shown: CheckedImage[] = [{ file, size: [32, 16] }]
  await t.notThrowsAsync(checkImages(shown))
  t.regex(await refusal(t, shown, { exif: 'ignore' }), /EXIF orientation 6 .* set data\.exif=auto/)
  t.regex(await refusal(t, shown, { maxPixels: 511 }), /more than the limit of 511/)
})
