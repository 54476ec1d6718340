import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import sharp from 'sharp'
import { TEXTURE_CLASSES } from '../../datasets/classification/textures.js'
import { mask } from '../../packages/pycocotools-js/source/index.js'
import { temporaryFolder, writeImage } from '../datasets/coco_folder.js'
import { tinyClassification } from '../experiments/tiny_classification.js'
import { tinyMaskExperiment } from '../experiments/tiny_mask_experiment.js'
import { configFile, runCommand } from './run_command.js'

test.serial('images and folders are detected in, drawn and described', async (t) => {
  const { folder, path } = await configFile(t, tinyMaskExperiment)
  const images = join(folder, 'shapes', 'images')
  const wide = join(folder, 'wide.jpg')
  await sharp({ create: { width: 150, height: 40, channels: 3, background: 'teal' } })
    .grayscale()
    .toFile(wide)
  const out = join(folder, 'new', 'pictures')
  const { code, stdout, stderr } = await runCommand('infer', [
    ...[path, 'random', wide, images, '--out', out, '--score-thr', '0.01', '--json'],
    ...['--activation', 'square'],
  ])
  t.is(code, 0, stderr)
  const document = JSON.parse(stdout)
  t.is(document.images.length, 5)
  t.is(
    stderr
      .trim()
      .split('\n')
      .filter((line) => / objects? .*in \d+\.\d\d s, /.test(line)).length,
    5,
  )

  const [first] = document.images
  t.deepEqual([first.file, first.width, first.height], [wide, 150, 40])
  t.true(first.seconds > 0)
  t.true(first.detections.length > 0)
  for (const image of document.images) {
    const { width, height } = await sharp(image.picture).metadata()
    t.deepEqual([width, height], [image.width, image.height])
    t.is(image.activations.length, 1)
    t.is(image.activations[0].category, 'square')
    const heat = await sharp(image.activations[0].picture).metadata()
    t.deepEqual([heat.width, heat.height], [image.width, image.height])
    for (const { category, category_id, bbox, score, segmentation } of image.detections) {
      t.is(['circle', 'square', 'triangle'][category_id - 1], category)
      const [x, y, boxWidth, boxHeight] = bbox
      t.true(x >= 0 && y >= 0 && x + boxWidth <= width + 0.01 && y + boxHeight <= height + 0.01)
      t.true(score > 0.01 && score < 1)
      t.deepEqual(segmentation.size, [image.height, image.width])
      t.is(mask.decode(segmentation).data.length, width * height)
    }
  }
})

test.serial(
  'without --json standard output has a line an image; boxes have no masks',
  async (t) => {
    const { folder, path } = await configFile(t)
    const out = join(folder, 'pictures')
    const images = join(folder, 'shapes', 'images')
    const { code, stdout, stderr } = await runCommand('infer', [
      ...[path, 'random', images, '--out', out, '--score-thr', '0.999', '--activation'],
    ])
    t.is(code, 0, stderr)
    const lines = stdout.trim().split('\n')
    t.is(lines.length, 4)
    for (const line of lines) t.regex(line, /\.\w+: 0 objects in \d+\.\d\d s, .*\.jpg$/)
    // Nothing is found, so that there is no class to look for.
    const [name] = lines[0].match(/[^/]+(?=\.jpg$)/) ?? []
    t.true(existsSync(join(out, `${name}.jpg`)))
    t.true(existsSync(join(out, `${name}.activation.jpg`)))
  },
)

test.serial('what cannot be used is told in one sentence, with exit code 2', async (t) => {
  const { folder, path } = await configFile(t)
  const broken = join(await temporaryFolder(t), 'broken.png')
  await writeFile(broken, 'no image')
  const outcomes = await Promise.all([
    runCommand('infer', [path, 'random', join(folder, 'missing.jpg')]),
    runCommand('infer', [path, 'random', broken, '--out', join(folder, 'out')]),
  ])
  t.deepEqual(
    outcomes.map(({ code, stdout }) => [code, stdout]),
    [
      [2, ''],
      [2, ''],
    ],
  )
  const [missing, unreadable] = outcomes.map(({ stderr }) => stderr)
  t.is(
    missing,
    `error: ${join(folder, 'missing.jpg')}: no such image; give an image file or a folder of them\n`,
  )
  t.regex(
    unreadable,
    /^error: .*broken\.png: is text, not an image \(it begins with "no image"\); copy the image again\n$/,
  )

  const images = join(folder, 'shapes', 'images')
  const [unknown, score] = await Promise.all([
    runCommand('infer', [path, 'random', images, '--activation', 'sqare']),
    runCommand('infer', [path, 'random', images, '--score-thr', '2']),
  ])
  t.is(unknown.code, 2)
  t.is(
    unknown.stderr,
    "error: --activation is 'sqare', which is no class of the model; did you mean 'square'?\n",
  )
  t.is(score.code, 2)
  t.regex(score.stderr, /Give a number from 0 to 1\./)
})

test.serial(
  'a bad image does not stop the others, and is listed at once and at the end',
  async (t) => {
    const { folder, path } = await configFile(t)
    const photos = join(folder, 'photos')
    await mkdir(photos)
    for (const name of ['a.jpg', 'c.jpg']) await writeImage(join(photos, name), [40, 40])
    await writeFile(join(photos, 'b.jpg'), '<html>')
    await writeFile(join(photos, '._a.jpg'), 'of macOS')
    await writeFile(join(photos, 'notes.txt'), '')
    await mkdir(join(photos, 'dir.jpg'))
    const missing = join(folder, 'missing.jpg')
    const out = join(folder, 'out')
    const [json, text] = await Promise.all([
      runCommand('infer', [path, 'random', photos, missing, '--out', out, '--json']),
      runCommand('infer', [path, 'random', photos, '--out', join(folder, 'out2')]),
    ])
    t.is(json.code, 1)
    const { images, failed } = JSON.parse(json.stdout)
    t.deepEqual(
      images.map(({ file }: { file: string }) => file),
      ['a.jpg', 'c.jpg'].map((name) => join(photos, name)),
    )
    t.deepEqual(
      failed.map(({ file }: { file: string }) => file),
      [missing, join(photos, 'b.jpg')],
    )
    t.regex(failed[1].reason, /b\.jpg: is an HTML page, not an image; /)

    t.is(text.code, 1)
    t.regex(
      text.stdout,
      /photos: skipped 1 hidden file \(\._a\.jpg\), 1 folder \(dir\.jpg\), 1 file that is no image by its name \(notes\.txt\)$/m,
    )
    t.regex(text.stdout, /a\.jpg: .*\n.*b\.jpg: is an HTML page.*\n.*c\.jpg: /)
    t.regex(text.stderr, /^error: 1 of 3 images failed:\n {2}.*b\.jpg: is an HTML page.*\n$/m)
    t.true(existsSync(join(out, 'c.jpg')))
  },
)

test.serial(
  'a turned image has the size that viewers show, up to the limit of pixels',
  async (t) => {
    const folder = await temporaryFolder(t)
    const image = join(folder, 'a.jpg')
    await sharp({ create: { width: 64, height: 32, channels: 3, background: 'teal' } })
      .withMetadata({ orientation: 6 })
      .toFile(image)
    const config = fileURLToPath(new URL('corner_config.ts', import.meta.url))
    const args = [config, 'random', image, '--out', join(folder, 'out'), '--json']
    const [whole, limited] = await Promise.all([
      runCommand('infer', args),
      runCommand('infer', [...args, '--max-pixels', '2047']),
    ])
    t.is(whole.code, 0, whole.stderr)
    const [{ width, height, picture }] = JSON.parse(whole.stdout).images
    t.deepEqual([width, height], [32, 64])
    t.like(await sharp(picture).metadata(), { width: 32, height: 64, orientation: undefined })
    t.is(limited.code, 2)
    t.regex(limited.stderr, /a\.jpg: is 64 x 32 = 2048 pixels, more than the limit of 2047; set /)
  },
)

test.serial("the score decides for a detector of a user's own, too", async (t) => {
  const folder = await temporaryFolder(t)
  const image = await writeImage(join(folder, 'a.png'), [32, 32])
  const config = fileURLToPath(new URL('corner_config.ts', import.meta.url))
  const { code, stdout, stderr } = await runCommand('infer', [
    ...[config, 'random', image, '--out', join(folder, 'out'), '--json', '--score-thr', '0.5'],
  ])
  t.is(code, 0, stderr)
  const [{ detections }] = JSON.parse(stdout).images
  t.deepEqual(
    detections.map(({ score }: { score: number }) => score),
    [0.75],
  )
})

test.serial(
  'an image is not replaced by a picture, nor a picture by an activation map',
  async (t) => {
    const { folder, path } = await configFile(t)
    const photos = join(folder, 'photos')
    await mkdir(photos)
    const [a, map] = await Promise.all(
      ['a.jpg', 'a.activation.jpg'].map((name) => writeImage(join(photos, name), [40, 40])),
    )
    const before = await readFile(map)
    const [over, overMap, beside] = await Promise.all([
      runCommand('infer', [path, 'random', a, '--out', photos]),
      runCommand('infer', [path, 'random', map, a, '--out', join(photos, '.'), '--activation']),
      runCommand('infer', [path, 'random', a, map, '--out', folder, '--activation', '--json']),
    ])
    t.is(over.code, 2)
    t.is(over.stderr, `error: --out would replace ${a}; give another folder\n`)
    t.is(overMap.code, 2)
    t.deepEqual(await readFile(map), before)
    t.is(beside.code, 0, beside.stderr)
    const written = JSON.parse(beside.stdout).images.flatMap(
      ({ picture, activations }: { picture: string; activations: { picture: string }[] }) => [
        picture,
        ...activations.map(({ picture }) => picture),
      ],
    )
    t.is(new Set(written).size, written.length)
  },
)

test.serial('pictures are classified, with the evidence for a class', async (t) => {
  const { folder, path } = await configFile(t, tinyClassification)
  const wide = join(folder, 'wide.jpg')
  await sharp({ create: { width: 300, height: 200, channels: 3, background: 'teal' } }).toFile(wide)
  const tiny = join(folder, 'textures', 'rings', '0001.png')
  const common = ['--out', join(folder, 'out'), '--json', '--activation']
  const crop = ['--cfg-options', 'data.imageSize=64']
  const [named, best] = await Promise.all([
    runCommand('infer', [path, 'random', wide, tiny, ...common, 'rings', ...crop]),
    runCommand('infer', [path, 'random', tiny, '--score-thr', '0.999', ...common]),
  ])
  t.is(named.code, 0, named.stderr)
  const [first, second] = JSON.parse(named.stdout).images
  t.deepEqual([first.width, first.height], [300, 200])
  t.like(await sharp(first.picture).metadata(), { width: 300, height: 200 })
  t.deepEqual([second.width, second.height], [32, 32])
  for (const { predictions, activations, detections } of [first, second]) {
    t.is(detections, undefined)
    t.is(predictions.length, 5)
    for (const { label, category } of predictions) t.is(category, TEXTURE_CLASSES[label])
    const scores = predictions.map(({ score }: { score: number }) => score)
    t.deepEqual(
      scores,
      scores.toSorted((a: number, b: number) => b - a),
    )
    t.deepEqual(
      activations.map(({ category }: { category: string }) => category),
      ['rings'],
    )
  }
  t.like(await sharp(second.picture).metadata(), { width: 256, height: 256 })
  t.like(await sharp(second.activations[0].picture).metadata(), { width: 256, height: 256 })
  t.regex(named.stderr, /wide\.jpg: \w+ \d\.\d\d, (?:\w+ \d\.\d\d(?:, )?){4} in \d+\.\d\d s, /)

  t.is(best.code, 0, best.stderr)
  const [{ predictions, activations }] = JSON.parse(best.stdout).images
  t.deepEqual(predictions, []) // none has such a score, and the best one has its map all the same
  t.is(activations.length, 2)
  t.true(TEXTURE_CLASSES.includes(activations[0].category))
  t.is(activations[1].category, null)
})
