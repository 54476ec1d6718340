import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
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
  t.is(stderr.trim().split('\n').length, 5)
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
