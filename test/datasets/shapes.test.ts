import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { decodeImage, generateShapes, loadCoco } from '../../datasets/index.js'
import { polygonArea } from '../../datasets/mask_outline.js'
import { drawScene } from '../../datasets/shape_scene.js'
import { DataError } from '../../errors.js'
import type { UncompressedRLE } from '../../packages/pycocotools-js/source/index.js'
import { temporaryFolder } from './coco_folder.js'

const small = { count: 14, size: [96, 128], seed: 3 } as const

async function contents(directory: string): Promise<Record<string, Buffer>> {
  const names = ['annotations.json', ...(await readdir(join(directory, 'images')))]
  const files = names.map((name, i) => join(directory, i === 0 ? name : join('images', name)))
  const bytes = await Promise.all(files.map((file) => readFile(file)))
  return Object.fromEntries(names.map((name, i) => [name, bytes[i]]))
}

test('the same options give the same bytes, another seed gives others', async (t) => {
  const folder = await temporaryFolder(t)
  const [first, second, other] = ['first', 'second', 'other'].map((name) => join(folder, name))
  await generateShapes({ ...small, directory: first })
  await generateShapes({ ...small, directory: second })
  await generateShapes({ ...small, directory: other, seed: 4 })
  const files = await contents(first)
  t.is(Object.keys(files).length, 15)
  t.deepEqual(files, await contents(second))
  const differing = await contents(other)
  t.false(Object.keys(files).some((name) => files[name].equals(differing[name])))
})

test('it is a COCO data set that loads, with a crowd and images of the given size', async (t) => {
  const files = await generateShapes({ ...small, directory: await temporaryFolder(t) })
  const dataset = await loadCoco({ ...files, mode: 'train' })
  t.deepEqual(dataset.classes, ['circle', 'square', 'triangle'])
  t.deepEqual(dataset.categoryIds, [1, 2, 4])
  t.is(dataset.samples.length, 14)
  t.is(dataset.samples.filter((sample) => sample.crowdBoxesXyxy.length > 0).length, 1)
  for (const sample of dataset.samples) {
    t.is((await decodeImage(sample.file, [96, 128])).length, 96 * 128 * 3)
  }
})

test('boxes and areas are those of the segmentations, and crowds have run lengths', async (t) => {
  const files = await generateShapes({ ...small, directory: await temporaryFolder(t) })
  const { groundTruth } = await loadCoco({ ...files, mode: 'test' })
  for (const { bbox, area, iscrowd, segmentation } of groundTruth.rows) {
    const [x, y, width, height] = bbox!
    t.true(x >= 0 && y >= 0 && x + width <= 128 && y + height <= 96)
    if (iscrowd) {
      const { size, counts } = segmentation as UncompressedRLE
      t.deepEqual(size, [96, 128])
      const runs = counts as number[]
      t.is(
        runs.reduce((sum, run) => sum + run, 0),
        96 * 128,
      )
      t.is(
        runs.reduce((sum, run, i) => sum + (i % 2) * run, 0),
        area!,
      )
      t.deepEqual(boxOfRuns(runs, 96), [x, y, x + width, y + height])
      continue
    }
    const polygons = segmentation as number[][]
    t.is(
      polygons.reduce((sum, polygon) => sum + polygonArea(polygon), 0),
      area!,
    )
    const xs = polygons.flatMap((polygon) => polygon.filter((_, i) => i % 2 === 0))
    const ys = polygons.flatMap((polygon) => polygon.filter((_, i) => i % 2 === 1))
    t.deepEqual(
      [x, y, x + width, y + height],
      [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
    )
  }
})

/** `x1 y1 x2 y2` of column-wise runs. */
function boxOfRuns(runs: readonly number[], height: number): number[] {
  const inside = runs.flatMap((run, i) => Array<boolean>(run).fill(i % 2 === 1))
  const pixels = [...inside.keys()].filter((i) => inside[i])
  const xs = pixels.map((i) => Math.floor(i / height))
  const ys = pixels.map((i) => i % height)
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1]
}

test('a scene has one to five objects, each at least 60 % to be seen and none over another', (t) => {
  const seen = new Set<number>()
  const counts = new Set<number>()
  for (let index = 0; index < 40; index++) {
    const { objects } = drawScene({ seed: 1, index, size: [128, 128], hasCrowd: false })
    counts.add(objects.length)
    const owners = new Uint8Array(128 * 128)
    for (const { label, mask, wholeArea } of objects) {
      seen.add(label)
      const area = mask.reduce((sum, bit) => sum + bit, 0)
      t.true(area >= 0.6 * wholeArea)
      for (const [i, bit] of mask.entries()) owners[i] += bit
    }
    t.true(Math.max(...owners) <= 1)
  }
  t.deepEqual([...seen].sort(), [0, 1, 2])
  t.deepEqual([...counts].sort(), [1, 2, 3, 4, 5])
})

test('objects stand out from the background', (t) => {
  for (let index = 0; index < 10; index++) {
    const { objects, pixels } = drawScene({ seed: 2, index, size: [128, 128], hasCrowd: false })
    const isBackground = Array.from({ length: 128 * 128 }, (_, i) =>
      objects.every(({ mask }) => mask[i] === 0),
    )
    const background = meanColour(pixels, (i) => isBackground[i])
    for (const { mask } of objects) {
      const colour = meanColour(pixels, (i) => mask[i] === 1)
      t.true(Math.hypot(...colour.map((value, c) => value - background[c])) > 30)
    }
  }
})

function meanColour(pixels: Uint8Array, isCounted: (i: number) => boolean): number[] {
  const sums = [0, 0, 0]
  let count = 0
  for (let i = 0; i < pixels.length / 3; i++) {
    if (!isCounted(i)) continue
    count++
    for (let c = 0; c < 3; c++) sums[c] += pixels[i * 3 + c]
  }
  return sums.map((sum) => sum / count)
}

test('data that are there already are left alone', async (t) => {
  const directory = await temporaryFolder(t)
  const { annFile } = await generateShapes({ ...small, count: 2, directory })
  const before = (await stat(annFile)).mtimeMs
  await generateShapes({ ...small, count: 2, directory })
  t.is((await stat(annFile)).mtimeMs, before)
})

test('other options, or a missing image, make the data anew', async (t) => {
  const directory = await temporaryFolder(t)
  const { annFile, imageDir } = await generateShapes({ ...small, count: 2, directory })
  await generateShapes({ ...small, count: 3, directory })
  t.is(JSON.parse(await readFile(annFile, 'utf8')).images.length, 3)
  await rm(join(imageDir, '000002.png'))
  await generateShapes({ ...small, count: 3, directory })
  t.is((await readdir(imageDir)).length, 3)
})

test("somebody else's annotations are not overwritten", async (t) => {
  const directory = await temporaryFolder(t)
  const annFile = join(directory, 'annotations.json')
  for (const content of [
    '{"images": []}',
    '{"info": {"description": "COCO"}}',
    'null',
    'no JSON',
  ]) {
    await writeFile(annFile, content)
    await t.throwsAsync(generateShapes({ ...small, directory }), {
      instanceOf: DataError,
      message: `${annFile}: is not of generated shapes; move it away, or generate into another folder`,
    })
    t.is(await readFile(annFile, 'utf8'), content)
  }
})

test('a folder that cannot be made is refused', async (t) => {
  const file = join(await temporaryFolder(t), 'file')
  await writeFile(file, '')
  const directory = join(file, 'shapes')
  await t.throwsAsync(generateShapes({ ...small, directory }), {
    instanceOf: DataError,
    message: `${directory}: cannot be written (ENOTDIR); choose a writable folder`,
  })
})

test('annotations are written last: an interrupted run starts again', async (t) => {
  const directory = await temporaryFolder(t)
  await mkdir(join(directory, 'images'))
  await writeFile(join(directory, 'images', '000001.png'), 'half')
  const { imageDir } = await generateShapes({ ...small, count: 1, directory })
  t.is((await decodeImage(join(imageDir, '000001.png'), [96, 128])).length, 96 * 128 * 3)
})
