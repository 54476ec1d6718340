/** The data set that `npm run make:coco-size` makes, small. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { COCO_SPLITS, objectCounts } from '../../bench/coco_generator/coco_2017.js'
import { makeCocoSize } from '../../bench/coco_generator/coco_size.js'
import { PictureLinks } from '../../bench/coco_generator/picture_links.js'
import { checkImages } from '../../datasets/check_images.js'
import { COCO_CLASSES } from '../../datasets/coco_classes.js'
import { loadCoco } from '../../datasets/index.js'
import { DataError } from '../../errors.js'
import { Random } from '../../random/random.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

const OPTIONS = { trainImages: 300, valImages: 20, seed: 3 }
const SPLITS = ['train', 'val'] as const
const silent = () => {}

/** What most tests look at. */
const made = mkdtemp(join(tmpdir(), 'coco-size-')).then(async (folder) => {
  return { folder, files: await makeCocoSize(folder, OPTIONS, silent) }
})
test.after.always(async () => rm((await made).folder, { recursive: true }))

interface AnnotationFile {
  images: { id: number; file_name: string; width: number; height: number }[]
  categories: { id: number; name: string }[]
  annotations: { area: number; iscrowd: number; segmentation: number[][] | { counts: number[] } }[]
}

function pathsOf(folder: string, split: 'train' | 'val') {
  return {
    annFile: join(folder, `annotations/instances_${split}2017.json`),
    imageDir: join(folder, `${split}2017`),
  }
}

async function annotationsOf(folder: string, split: 'train' | 'val'): Promise<AnnotationFile> {
  return JSON.parse(await readFile(pathsOf(folder, split).annFile, 'utf8')) as AnnotationFile
}

function assertShare(t: Parameters<typeof temporaryFolder>[0], share: number, range: number[]) {
  t.true(share > range[0] && share < range[1], `${share} is between ${range}`)
}

test('both splits are read to train and to test on, with masks, and their pictures are of their size', async (t) => {
  const { folder } = await made
  const images = { train: 300, val: 20 }
  for (const split of SPLITS) {
    const { annFile, imageDir } = pathsOf(folder, split)
    for (const mode of ['train', 'test'] as const) {
      const { samples, classes, counts } = await loadCoco({ annFile, imageDir, mode, masks: true })
      t.is(counts.images.total, images[split])
      t.deepEqual(
        classes,
        COCO_CLASSES.map(([, name]) => name),
      )
      t.is(counts.images.used, samples.length)
      const crowds = samples.reduce((sum, { crowdBoxesXyxy }) => sum + crowdBoxesXyxy.length / 4, 0)
      t.is(crowds > 0, split === 'train') // 1.2 % of 147 in val
      await checkImages(samples)
    }
  }
})

test('sizes, objects, areas, crowds and outlines are spread as COCO’s', async (t) => {
  const { folder } = await made
  const { images, categories, annotations } = await annotationsOf(folder, 'train')
  t.deepEqual(
    categories.map(({ id, name }) => [id, name]),
    COCO_CLASSES.map((entry) => [...entry]),
  )
  t.is(annotations.length, Math.round((300 / 118_287) * 860_001))
  // Three standard deviations of 300 images and 2,181 objects.
  const partOf = (...areas: number[]) =>
    annotations.filter(({ area }) => area >= areas[0] && area < areas[1]).length /
    annotations.length
  assertShare(t, partOf(0, 32 ** 2), [0.378, 0.442])
  assertShare(t, partOf(32 ** 2, 96 ** 2), [0.31, 0.375])
  assertShare(t, partOf(96 ** 2, Number.POSITIVE_INFINITY), [0.21, 0.27])
  const crowds = annotations.filter(({ iscrowd }) => iscrowd === 1)
  assertShare(t, crowds.length / annotations.length, [0.005, 0.019])
  t.true(crowds.every(({ segmentation }) => !Array.isArray(segmentation)))
  const outlines = annotations.flatMap(({ segmentation }) =>
    Array.isArray(segmentation) ? segmentation : [],
  )
  const vertices = outlines.reduce((sum, outline) => sum + outline.length / 2, 0)
  assertShare(t, vertices / outlines.length, [18.7, 21.3])

  const landscape = images.filter(({ width, height }) => width === 640 && height === 480)
  assertShare(t, landscape.length / images.length, [0.175, 0.325])
  t.true(images.every(({ width, height }) => Math.max(width, height) <= 640))
  t.true(images.every(({ id, file_name }) => file_name === `${String(id).padStart(12, '0')}.jpg`))
  t.true(images.every(({ id }) => id >= 1 && id <= 581_921))
})

test('the full counts are COCO’s: empty images, one to 93 objects, and all objects', (t) => {
  for (const split of SPLITS) {
    const counts = objectCounts(new Random('counts', split), COCO_SPLITS[split])
    t.is(counts.length, COCO_SPLITS[split].images)
    t.is(counts.filter((count) => count === 0).length, COCO_SPLITS[split].empty)
    t.is(
      counts.reduce((sum, count) => sum + count, 0),
      COCO_SPLITS[split].objects,
    )
  }
  const counts = objectCounts(new Random('counts'), COCO_SPLITS.train)
  t.is(Math.max(...counts), 93)
  const ones = counts.filter((count) => count === 1).length / counts.length
  assertShare(t, ones, [0.12, 0.17])
})

test('the same options give the same bytes, another seed others; a second call does nothing', async (t) => {
  const folder = await temporaryFolder(t)
  const make = async (name: string, seed: number) => {
    const options = { trainImages: 30, valImages: 5, seed }
    const files = await makeCocoSize(join(folder, name), options, silent)
    const { images } = await annotationsOf(join(folder, name), 'train')
    const pictures = images.map(({ file_name }) =>
      readFile(join(folder, name, 'train2017', file_name)),
    )
    const annotations = files.annotations.map(({ path }) => readFile(path))
    return Buffer.concat(await Promise.all([...annotations, ...pictures]))
  }
  const first = await make('first', 3)
  t.true(first.equals(await make('second', 3)))
  t.false(first.equals(await make('third', 4)))
  const { annFile } = pathsOf(join(folder, 'first'), 'train')
  const before = await stat(annFile)
  t.true(first.equals(await make('first', 3)))
  t.is((await stat(annFile)).mtimeMs, before.mtimeMs)
})

test('images of one size share a few pictures by hard links', async (t) => {
  const { folder, files: written } = await made
  t.is(written.copies, 0)
  t.true(written.pictures < 160)
  const { images } = await annotationsOf(folder, 'train')
  const files = images.map(({ file_name }) => stat(join(folder, 'train2017', file_name)))
  const links = (await Promise.all(files)).map(({ nlink }) => nlink)
  t.true(Math.max(...links) >= 3)
})

test('where there are no hard links, files are copies, and counted', async (t) => {
  const folder = await temporaryFolder(t)
  const refuse = (code: string) => () => {
    throw Object.assign(new Error(code), { code })
  }
  const links = new PictureLinks(join(folder, 'pictures'), 0, refuse('EXDEV'))
  const file = join(folder, 'a.jpg')
  await links.add(file, [333, 500], 0)
  await links.add(join(folder, 'b.jpg'), [333, 500], 8)
  t.deepEqual([links.pictures, links.copies], [1, 2])
  const { width, height } = await sharp(file).metadata()
  t.deepEqual([width, height], [333, 500])
  const full = new PictureLinks(join(folder, 'pictures'), 0, refuse('ENOSPC'))
  await t.throwsAsync(full.add(file, [333, 500], 0), { message: 'ENOSPC' })
})

test('a picture is as many bytes as one of COCO, 4.9 bits a pixel', async (t) => {
  const folder = await temporaryFolder(t)
  const links = new PictureLinks(join(folder, 'pictures'), 0)
  await links.add(join(folder, 'a.jpg'), [640, 480], 0)
  const { size } = await stat(join(folder, 'a.jpg'))
  assertShare(t, (8 * size) / (640 * 480), [4.4, 5.4])
})

test('a folder that holds something else is refused', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'photo.jpg'), '')
  await t.throwsAsync(makeCocoSize(folder, OPTIONS, silent), {
    instanceOf: DataError,
    message: `${folder}: holds something else (photo.jpg); give a new or an empty folder`,
  })
  const other = join(folder, 'other')
  const options = { trainImages: 2, valImages: 1, seed: 0 }
  await makeCocoSize(other, options, silent)
  await t.throwsAsync(makeCocoSize(other, { ...options, seed: 1 }, silent), {
    instanceOf: DataError,
    message: `${other}: holds a data set that was made with {"trainImages":2,"valImages":1,"seed":0}; remove it, or give another folder`,
  })
})
