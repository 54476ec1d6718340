/** The data that `npm run bench:coco` evaluates. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { CATEGORIES, drawCategory, PERSON } from '../../bench/coco_generator/categories.js'
import {
  annotationFile,
  completeOptions,
  resultsFile,
} from '../../bench/coco_generator/generate.js'
import { compressRuns, fillPolygons } from '../../bench/coco_generator/runs.js'
import { Random } from '../../random/random.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

const OPTIONS = completeOptions({ images: 12, objects: 150, detections: 200, seed: 3 })

interface AnnotationFile {
  images: { id: number; width: number; height: number }[]
  categories: { id: number }[]
  annotations: {
    id: number
    image_id: number
    category_id: number
    iscrowd: number
    area: number
    bbox: number[]
    segmentation: number[][] | { counts: number[]; size: number[] }
    keypoints?: number[]
    num_keypoints?: number
  }[]
}

interface Result {
  image_id: number
  score: number
  bbox?: number[]
  segmentation?: { size: number[]; counts: string }
  keypoints?: number[]
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

test('the same options give the same bytes, another seed others', async (t) => {
  const folder = await temporaryFolder(t)
  const write = async (name: string, seed: number) => {
    const options = { ...OPTIONS, seed }
    const { path } = annotationFile('bbox', options, join(folder, name))
    const results = resultsFile('segm', options, join(folder, name))
    return (await readFile(path, 'utf8')) + (await readFile(results.path, 'utf8'))
  }
  const first = await write('first', 3)
  t.is(await write('second', 3), first)
  t.not(await write('third', 4), first)
})

test('there are as many images, objects and detections as asked for', async (t) => {
  const folder = await temporaryFolder(t)
  const written = annotationFile('bbox', OPTIONS, folder)
  const { images, annotations, categories } = await readJson<AnnotationFile>(written.path)
  t.is(new Set(images.map(({ id }) => id)).size, 12)
  t.is(new Set(annotations.map(({ id }) => id)).size, 150)
  t.is(written.count, 150)
  t.is(categories.length, 80)
  t.true(annotations.every(({ area, bbox }) => area > 0 && bbox.every((side) => side >= 0)))

  const results = await readJson<Result[]>(resultsFile('bbox', OPTIONS, folder).path)
  t.is(results.length, 200)
  const sizes = new Map(images.map(({ id, width, height }) => [id, [width, height]]))
  for (const { image_id, bbox = [], score } of results) {
    const [width, height] = sizes.get(image_id) ?? []
    t.true(bbox[0] >= 0 && bbox[0] + bbox[2] <= width + 0.01 && bbox[2] >= 0.99)
    t.true(bbox[1] >= 0 && bbox[1] + bbox[3] <= height + 0.01 && bbox[3] >= 0.99)
    t.true(score >= 0 && score <= 1 && Number.isInteger(Math.round(score * 1e6) / 1e3))
  }
})

test('masks of crowds and of results fill their images', async (t) => {
  const folder = await temporaryFolder(t)
  const options = { ...OPTIONS, objects: 400 }
  const { annotations } = await readJson<AnnotationFile>(
    annotationFile('bbox', options, folder).path,
  )
  const crowds = annotations.filter(({ iscrowd }) => iscrowd === 1)
  t.true(crowds.length > 0)
  for (const { segmentation, area, id } of crowds) {
    if (Array.isArray(segmentation)) throw new Error('a crowd has run lengths')
    const { counts, size } = segmentation
    t.is(
      counts.reduce((sum, run) => sum + run),
      size[0] * size[1],
    )
    t.is(
      counts.reduce((sum, run, i) => sum + (i % 2) * run, 0),
      area,
    )
    t.true(id > 2 ** 32)
  }
  const results = await readJson<Result[]>(resultsFile('segm', options, folder).path)
  t.true(results.every(({ segmentation }) => /^[0-o]+$/.test(segmentation?.counts ?? '')))
})

test('keypoints are of persons only, and num_keypoints counts the labelled ones', async (t) => {
  const folder = await temporaryFolder(t)
  const { path, count } = annotationFile('keypoints', OPTIONS, folder)
  const { annotations } = await readJson<AnnotationFile>(path)
  t.is(annotations.length, count)
  t.true(count > 0 && count < 150)
  for (const { category_id, keypoints = [], num_keypoints } of annotations) {
    t.is(category_id, PERSON)
    t.is(keypoints.length, 51)
    t.is(num_keypoints, keypoints.filter((value, i) => i % 3 === 2 && value > 0).length)
  }
  const results = await readJson<Result[]>(resultsFile('keypoints', OPTIONS, folder).path)
  t.true(results.length > 0 && results.every(({ keypoints }) => keypoints?.length === 51))
})

test('an annotation file grows past the bytes that are asked for', async (t) => {
  const folder = await temporaryFolder(t)
  const options = { ...completeOptions({ bytes: 200_000 }), images: 3, objects: 30 }
  const { path, count } = annotationFile('bbox', options, folder)
  const { size } = await stat(path)
  t.true(size >= 200_000 && size < 230_000)
  const { images, annotations } = await readJson<AnnotationFile>(path)
  t.is(images.length, 3)
  t.is(new Set(annotations.map(({ id }) => id)).size, count)
})

test('runs and their strings are those of COCO', (t) => {
  const square = [2, 1, 5, 1, 5, 4, 2, 4] // rows 1 to 3, columns 2 to 4
  const runs = fillPolygons([square], [5, 7])
  t.deepEqual(runs, [11, 3, 2, 3, 2, 3, 11])
  t.is(compressRuns(runs), ';320009')
  t.is(compressRuns([0, 1, 10, 3, 2, 3, 2, 3, 11]), '01:2H0009')
  const overlapping = [[4, 1, 6, 1, 6, 5, 4, 5], square]
  t.deepEqual(fillPolygons(overlapping, [5, 7]), [11, 3, 2, 3, 2, 4, 1, 4, 5])
  t.deepEqual(fillPolygons([[-5, -5, 20, -5, 20, 20, -5, 20]], [5, 7]), [0, 35])
})

test('categories are as common as in COCO', (t) => {
  t.deepEqual(
    [0, 11, 79].map((i) => [CATEGORIES[i].id, CATEGORIES[i].name]),
    [
      [1, 'person'],
      [13, 'stop sign'],
      [90, 'toothbrush'],
    ],
  )
  const random = new Random('categories')
  const drawn = Array.from({ length: 5000 }, () => drawCategory(random))
  const share = drawn.filter((id) => id === PERSON).length / drawn.length
  t.true(Math.abs(share - 0.3) < 0.03)
})
