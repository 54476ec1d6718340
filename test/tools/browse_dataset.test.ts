import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { TEXTURE_CLASSES } from '../../datasets/classification/textures.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { tinyClassification } from '../experiments/tiny_classification.js'
import { tinyMaskExperiment } from '../experiments/tiny_mask_experiment.js'
import { configFile, runCommand } from './run_command.js'

test.serial('the batches of a training run are drawn as they are padded', async (t) => {
  const { folder, path } = await configFile(t, tinyMaskExperiment)
  const out = join(folder, 'browse')
  const { code, stdout, stderr } = await runCommand('browse_dataset', [
    ...[path, '--out', out, '--count', '5', '--json'],
    ...['--cfg-options', 'data.scales=[[40,40]]', 'data.flip=1'],
  ])
  t.is(code, 0, stderr)
  const { images } = JSON.parse(stdout)
  t.is(images.length, 5) // more than an epoch has: the next one follows
  t.is(stderr.trim().split('\n').length, 6) // what it draws from, and a line each
  for (const { picture, inputSize, paddedSize, objects } of images) {
    t.deepEqual(inputSize, [40, 40])
    t.deepEqual(paddedSize, [64, 64])
    const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true })
    t.deepEqual([info.width, info.height], [64, 64])
    const [red, green, blue] = data.subarray(3 * (60 * 64 + 60))
    t.true(red + green + blue < 30) // the padding is black
    const [borderRed, , borderBlue] = data.subarray(3 * (5 * 64 + 40))
    t.true(borderBlue > borderRed + 50)
    t.true(objects.length > 0)
    for (const { category, boxXyxy } of objects) {
      t.true(['circle', 'square', 'triangle'].includes(category))
      for (const side of boxXyxy) t.true(side >= 0 && side <= 40)
    }
  }
})

test.serial('of val each image is drawn once, unmirrored', async (t) => {
  const { folder, path } = await configFile(t)
  const { code, stdout, stderr } = await runCommand('browse_dataset', [
    ...[path, '--out', join(folder, 'browse'), '--split', 'val', '--json'],
    ...['--cfg-options', 'data.flip=1'],
  ])
  t.is(code, 0, stderr)
  const { images } = JSON.parse(stdout)
  const annotations = JSON.parse(await readFile(join(folder, 'shapes', 'annotations.json'), 'utf8'))
  t.deepEqual(
    images.map(({ imageId }: { imageId: number }) => imageId),
    annotations.images.map(({ id }: { id: number }) => id),
  )
  const [x, y, width, height] = annotations.annotations.find(
    ({ image_id }: { image_id: number }) => image_id === images[0].imageId,
  ).bbox
  t.deepEqual(
    images[0].objects[0].boxXyxy.map(Math.fround),
    [x, y, x + width, y + height].map(Math.fround),
  )
})

test.serial('images are turned, and too large ones refused, as the config says', async (t) => {
  const { path } = await configFile(t)
  const folder = await temporaryFolder(t)
  const halves = sharp({ create: { width: 64, height: 32, channels: 3, background: 'black' } })
    .composite([
      {
        input: { create: { width: 32, height: 32, channels: 3, background: 'white' } },
        left: 0,
        top: 0,
      },
    ])
    .withMetadata({ orientation: 3 })
  await halves.png().toFile(join(folder, 'a.png'))
  const annFile = join(folder, 'annotations.json')
  const names = ['circle', 'square', 'triangle']
  await writeFile(
    annFile,
    JSON.stringify({
      images: [{ id: 1, file_name: 'a.png', width: 64, height: 32 }],
      annotations: [],
      categories: names.map((name, i) => ({ id: i + 1, name })),
    }),
  )
  const browse = (name: string, option: string) =>
    runCommand('browse_dataset', [
      ...[path, '--out', join(folder, name), '--split', 'val', '--json', '--cfg-options'],
      ...[`data.val.annFile=${annFile}`, `data.val.imageDir=${folder}`, option],
    ])
  const [turned, stored, large] = await Promise.all([
    browse('turned', 'data.exif=auto'),
    browse('stored', 'data.exif=ignore'),
    browse('large', 'data.maxPixels=2047'),
  ])
  const leftPixel = async ({ stdout }: { stdout: string }) => {
    const [{ picture }] = JSON.parse(stdout).images
    return (await sharp(picture).raw().toBuffer())[3 * 10]
  }
  t.is(turned.code, 0, turned.stderr)
  t.regex(turned.stderr, /^ {2}EXIF orientation: 1 of 1 images is turned by it, .*a\.png\)$/m)
  t.true((await leftPixel(turned)) < 30)
  t.regex(stored.stderr, /^ {2}EXIF orientation: 1 of 1 images is read as stored, .*a\.png\)$/m)
  t.true((await leftPixel(stored)) > 225)
  t.is(large.code, 2)
  t.regex(large.stderr, /a\.png: is 64 x 32 = 2048 pixels, more than the limit of 2047; set /)
})

test.serial(
  'pictures of a classifier are drawn with their class, as they are given to it',
  async (t) => {
    const { folder, path } = await configFile(t, tinyClassification)
    const common = ['--json', '--cfg-options', 'data.imageSize=24', 'data.mixing={}']
    const [train, val] = await Promise.all([
      runCommand('browse_dataset', [
        ...[path, '--out', join(folder, 'train'), '--count', '23', ...common],
      ]),
      runCommand('browse_dataset', [
        ...[path, '--out', join(folder, 'val'), '--split', 'val', '--count', '50', ...common],
      ]),
    ])
    t.is(train.code, 0, train.stderr)
    const trained = JSON.parse(train.stdout).images
    t.is(trained.length, 23) // more than an epoch has: the next one follows
    t.regex(train.stderr, /^draws from 20 pictures of 10 classes in .*textures$/m)
    t.is(new Set(trained.map(({ category }: { category: string }) => category)).size, 10)
    for (const { picture, inputSize } of trained) {
      t.deepEqual(inputSize, [24, 24])
      t.like(await sharp(picture).metadata(), { width: 264, height: 264 })
    }

    t.is(val.code, 0, val.stderr)
    const tested = JSON.parse(val.stdout).images
    t.deepEqual(
      tested.map(({ category }: { category: string }) => category),
      TEXTURE_CLASSES.flatMap((name) => [name, name]),
    )
    t.is(tested[3].file, join(folder, 'textures', TEXTURE_CLASSES[1], '0002.png'))
    // A pixel of the picture is a square of 11 of the drawn one; text is in no lower right corner.
    const input = await sharp(tested[3].file).resize(24, 24, { kernel: 'cubic' }).raw().toBuffer()
    const { data, info } = await sharp(tested[3].picture)
      .raw()
      .toBuffer({ resolveWithObject: true })
    const at = (18 * 11 + 5) * info.width + 18 * 11 + 5
    const [drawn, expected] = [data.subarray(3 * at), input.subarray(3 * (18 * 24 + 18))]
    for (let i = 0; i < 3; i++) t.true(Math.abs(drawn[i] - expected[i]) < 40, `${drawn[i]}`)
  },
)
