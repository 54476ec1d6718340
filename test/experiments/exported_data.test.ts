/**
 * Data sets as labelling tools export them, made here by the formats that they document: each
 * trains, or is refused with every fault named before the first iteration.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { trainConfig } from '../../experiments/train_config.js'
import type { Config } from '../../registry.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { tinyExperiment } from './tiny_experiment.js'
import { tinyMaskExperiment } from './tiny_mask_experiment.js'

const progressStream = new Writable({ write: (_, __, done) => done() }) as NodeJS.WriteStream

interface Exported {
  json: string | object
  /** Files that are made for it. */
  pictures: readonly string[]
  /** In `json`. @default as many as pictures */
  images?: number
}

/** What training prints before its first iteration; it trains an epoch and evaluates. */
async function trained(
  t: ExecutionContext,
  { json, pictures, images = pictures.length }: Exported,
  { masks = false, numClasses }: { masks?: boolean; numClasses: number },
): Promise<string[]> {
  const { config } = masks ? await tinyMaskExperiment(t) : await tinyExperiment(t)
  const folder = await temporaryFolder(t)
  const annFile = join(folder, 'annotations.json')
  await writeFile(annFile, typeof json === 'string' ? json : JSON.stringify(json))
  for (const picture of pictures) {
    const file = join(folder, picture)
    await mkdir(dirname(file), { recursive: true })
    await sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } }).toFile(file)
  }
  const split = { annFile, imageDir: folder }
  const exported: Config = {
    ...config,
    model: { ...config.model, numClasses },
    data: { ...config.data, train: split, val: split, batchSize: 1 },
    evaluation: { interval: 1 },
  }
  const lines: string[] = []
  const say = (line: string) => lines.push(line.replaceAll(annFile, 'ANN'))
  const workDir = join(folder, 'run')
  try {
    const { iteration } = await trainConfig(exported, { workDir, progressStream, say })
    t.is(iteration, images)
  } catch (error) {
    lines.push((error as Error).message.replaceAll(annFile, 'ANN'))
  }
  return lines
}

const square = (x: number) => [x, 8, x + 16, 8, x + 16, 24, x, 24]

test('Roboflow: boxes with empty segmentations, ids from 0, a root category', async (t) => {
  const entry = { image_id: 0, category_id: 1, bbox: [8, 8, 16, 16], area: 256, iscrowd: 0 }
  const json = {
    info: { year: '2024', version: '2', description: 'Exported from roboflow.com', url: '' },
    licenses: [{ id: 1, url: '', name: 'Public Domain' }],
    categories: [
      { id: 0, name: 'fruits', supercategory: 'none' },
      { id: 1, name: 'apple', supercategory: 'fruits' },
    ],
    images: [
      { id: 0, license: 1, file_name: 'a_jpg.rf.0a.jpg', height: 64, width: 64, date_captured: '' },
      { id: 1, license: 1, file_name: 'b_jpg.rf.0b.jpg', height: 64, width: 64, date_captured: '' },
    ],
    annotations: [
      { id: 0, ...entry, segmentation: [] },
      { id: 1, ...entry, image_id: 1, segmentation: [] },
    ],
  }
  const pictures = ['a_jpg.rf.0a.jpg', 'b_jpg.rf.0b.jpg']
  t.deepEqual(await trained(t, { json, pictures }, { numClasses: 2 }), [
    'trains on 2 images with 2 objects of 2 classes from ANN',
    'evaluates on 2 images with 2 objects of 2 classes from ANN',
    '  1 annotation has the id 0, first annotation 0 (image 0); a match to it counts as unmatched, as in pycocotools; number annotations from 1',
  ])
  t.deepEqual(await trained(t, { json, pictures }, { masks: true, numClasses: 2 }), [
    [
      'ANN: 2 entries cannot be used; repair them, or leave them out with data.invalid=drop:',
      '  annotation 0 (image 0) has an empty segmentation; give it polygons or run lengths { size, counts }',
      '  annotation 1 (image 1) has an empty segmentation; give it polygons or run lengths { size, counts }',
    ].join('\n'),
  ])
})

test('CVAT: masks as run lengths, all of them crowds', async (t) => {
  const json = (iscrowd: number) => ({
    licenses: [{ name: '', id: 0, url: '' }],
    info: { contributor: '', date_created: '', description: '', url: '', version: '', year: '' },
    categories: [{ id: 1, name: 'log', supercategory: '' }],
    images: [{ id: 1, width: 64, height: 64, file_name: 'a.png', license: 0, date_captured: 0 }],
    annotations: [
      {
        id: 1,
        image_id: 1,
        category_id: 1,
        segmentation: { counts: [650, 20, 44, 20, 3362], size: [64, 64] },
        area: 40,
        bbox: [10, 10, 2, 20],
        iscrowd,
        attributes: { occluded: false },
      },
    ],
  })
  const options = { masks: true, numClasses: 1 }
  const pictures = ['a.png']
  t.deepEqual(await trained(t, { json: json(1), pictures }, options), [
    "ANN: none of its 1 objects can be trained on (1 flagged 'iscrowd' (annotation 1)); set iscrowd to 0 for single objects; CVAT writes 1 for every mask",
  ])
  t.deepEqual(await trained(t, { json: json(0), pictures }, options), [
    'trains on 1 image with 1 object of 1 class from ANN',
    'evaluates on 1 image with 1 object of 1 class from ANN',
  ])
})

test('Label Studio: Windows paths, ids from 0, ignore beside iscrowd', async (t) => {
  const json = {
    images: [{ width: 64, height: 64, id: 0, file_name: 'images\\1/a%20b.jpg' }],
    categories: [{ id: 0, name: 'sign' }],
    annotations: [
      {
        ...{ id: 0, image_id: 0, category_id: 0, segmentation: [square(8)] },
        ...{ bbox: [8, 8, 16, 16], ignore: 0, iscrowd: 0, area: 256 },
      },
    ],
    info: { year: 2024, version: '1.0', description: '', contributor: 'Label Studio', url: '' },
  }
  const pictures = ['images/1/a b.jpg']
  const note =
    '  1 file name has backslashes and URL escapes, read as slashes and decoded (first: "images\\\\1/a%20b.jpg")'
  t.deepEqual(await trained(t, { json, pictures }, { masks: true, numClasses: 1 }), [
    'trains on 1 image with 1 object of 1 class from ANN',
    note,
    'evaluates on 1 image with 1 object of 1 class from ANN',
    note,
    '  1 annotation has the id 0, first annotation 0 (image 0); a match to it counts as unmatched, as in pycocotools; number annotations from 1',
  ])
})

test('labelme2coco: absolute paths, no info, lines of two points among the polygons', async (t) => {
  const elsewhere = await temporaryFolder(t)
  const file = join(elsewhere, 'a.png')
  await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } }).toFile(file)
  const annotation = { iscrowd: 0, image_id: 1, bbox: [8.5, 8.25, 15.5, 15.75], category_id: 0 }
  const json = (...segmentations: number[][]) => ({
    images: [{ height: 64, width: 64, id: 1, file_name: file }],
    categories: [{ supercategory: 'ship', id: 0, name: 'ship' }],
    annotations: segmentations.map((polygon, i) => ({
      ...{ ...annotation, segmentation: [polygon], id: i + 1, area: 244.1 },
    })),
  })
  const options = { masks: true, numClasses: 1 }
  const picture = { pictures: [], images: 1 }
  t.deepEqual(await trained(t, { json: json(square(8)), ...picture }, options), [
    'trains on 1 image with 1 object of 1 class from ANN',
    'evaluates on 1 image with 1 object of 1 class from ANN',
  ])
  const lines = await trained(t, { json: json(square(8), [8, 8, 24, 24]), ...picture }, options)
  t.deepEqual(lines, [
    'ANN: annotation 2 (image 1) has a polygon [0] of 4 numbers; a polygon is a list of numbers x1 y1 x2 y2 x3 y3 ..., three pairs or more, or leave it out with data.invalid=drop',
  ])
})

test('TACO: Infinity in boxes, ids that repeat, keys of its own', async (t) => {
  const annotation = { image_id: 0, category_id: 6, area: 256, iscrowd: 0 }
  const json = {
    info: { year: 2019, version: null, description: 'TACO', contributor: null },
    images: [
      { id: 0, width: 64, height: 64, file_name: 'batch_1/a.jpg', license: null, coco_url: null },
    ],
    annotations: [
      { id: 309, ...annotation, segmentation: [square(8)], bbox: [8, 8, 16, 16] },
      { id: 309, ...annotation, segmentation: [square(30)], bbox: [30, 8, 16, 16] },
      { id: 4040, ...annotation, segmentation: [square(8)], bbox: ['INF', 'INF', '-INF', '-INF'] },
      { id: 4041, ...annotation, segmentation: [[]], bbox: ['INF', 'INF', '-INF', '-INF'] },
    ],
    scene_annotations: [{ image_id: 0, background_ids: [0, 3] }],
    licenses: [],
    categories: [{ supercategory: 'Bottle', id: 6, name: 'Glass bottle' }],
    scene_categories: [{ supercategory: 'background', id: 0, name: 'Clean' }],
  }
  const text = JSON.stringify(json)
    .replaceAll('"INF"', 'Infinity')
    .replaceAll('"-INF"', '-Infinity')
  const pictures = ['batch_1/a.jpg']
  const box = 'has the box [Infinity, Infinity, -Infinity, -Infinity]'
  const rule = 'a box is four finite numbers [x, y, width, height]'
  t.deepEqual(await trained(t, { json: text, pictures }, { numClasses: 1 }), [
    [
      'ANN: 2 entries cannot be used; repair them, or leave them out with data.invalid=drop:',
      `  annotation 4040 (image 0) ${box}; ${rule}`,
      `  annotation 4041 (image 0) ${box}; ${rule}`,
    ].join('\n'),
  ])
  json.annotations.splice(2)
  t.deepEqual(await trained(t, { json, pictures }, { masks: true, numClasses: 1 }), [
    'trains on 1 image with 2 objects of 1 class from ANN',
    'evaluates on 1 image with 2 objects of 1 class from ANN',
    '  1 annotation has the id of one before, first annotation 309 (image 0); the last of an id is taken for all that have it, as in pycocotools; give each its own',
  ])
})
