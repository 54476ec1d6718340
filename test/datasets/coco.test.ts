import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { type CocoOptions, dataLines, loadCoco } from '../../datasets/index.js'
import { ConfigError, DataError } from '../../errors.js'
import { assertClose } from '../helpers/assert_close.js'
import { cat, oneCat, temporaryFolder, writeAnnotations } from './coco_folder.js'

const categories = [
  { id: 90, name: 'toothbrush' },
  { id: 17, name: 'cat' },
  { id: 1, name: 'person' },
]

function image(id: number, width = 64, height = 48) {
  return { id, file_name: `${id}.png`, width, height }
}

async function options(
  t: Parameters<typeof temporaryFolder>[0],
  content: unknown,
  rest: Partial<CocoOptions> = {},
): Promise<CocoOptions> {
  const annFile = await writeAnnotations(await temporaryFolder(t), content)
  return { annFile, imageDir: 'pictures', mode: 'train', ...rest }
}

test('labels are places in the category list of the file, whatever the ids', async (t) => {
  const annotations = [
    cat(),
    cat({ id: 2, category_id: 1 }),
    cat({ id: 3, category_id: 90, bbox: [0.5, 1.5, 10, 20] }),
  ]
  const dataset = await loadCoco(await options(t, oneCat({ categories, annotations })))
  t.deepEqual(dataset.classes, ['toothbrush', 'cat', 'person'])
  t.deepEqual(dataset.categoryIds, [90, 17, 1])
  const [sample] = dataset.samples
  t.deepEqual([...sample.labels], [1, 2, 0])
  assertClose(t, sample.boxesXyxy, [10, 20, 40, 28, 10, 20, 40, 28, 0.5, 1.5, 10.5, 21.5], 0)
  t.is(sample.file, join('pictures', 'a.png'))
  t.deepEqual(sample.size, [48, 64])
  t.is(sample.imageId, 7)
})

test('given class names set the labels, and other categories are left out', async (t) => {
  const annotations = [cat(), cat({ id: 2, category_id: 1 }), cat({ id: 3, category_id: 90 })]
  const content = oneCat({ categories, annotations })
  const dataset = await loadCoco(await options(t, content, { classes: ['person', 'cat'] }))
  t.deepEqual([...dataset.samples[0].labels], [1, 0])
  t.deepEqual(dataset.categoryIds, [1, 17])
})

test('a class that the file does not have is refused', async (t) => {
  const given = await options(t, oneCat({ categories }), { classes: ['cat', 'dog'] })
  await t.throwsAsync(loadCoco(given), {
    instanceOf: DataError,
    message: `${given.annFile}: has no category 'dog', a class of the model (it has 'toothbrush', 'cat', 'person'); use annotations with the categories that the model was trained on`,
  })
})

test('objects that are flagged, outside, empty or thin are no training objects', async (t) => {
  const annotations = [
    cat({ id: 1 }),
    cat({ id: 2, ignore: 1 }),
    cat({ id: 3, bbox: [64, 0, 10, 10] }),
    cat({ id: 4, bbox: [-10, 0, 10, 10] }),
    cat({ id: 5, area: 0 }),
    cat({ id: 6, bbox: [1, 1, 0.9, 10] }),
    cat({ id: 7, bbox: [1, 1, 10, 0.9] }),
    cat({ id: 8, bbox: [-9, 47, 10, 10] }),
  ]
  const dataset = await loadCoco(await options(t, oneCat({ annotations })))
  assertClose(t, dataset.samples[0].boxesXyxy, [10, 20, 40, 28, -9, 47, 1, 57], 0)
})

test('what training leaves out is counted by reason, evaluation reads all of the classes', async (t) => {
  const content = oneCat({
    categories,
    images: [image(1), image(2), image(3, 31, 200), image(4)],
    annotations: [
      cat({ id: 1, image_id: 1 }),
      cat({ id: 2, image_id: 1, ignore: 1 }),
      cat({ id: 3, image_id: 1, bbox: [64, 0, 10, 10] }),
      cat({ id: 4, image_id: 1, area: 0 }),
      cat({ id: 5, image_id: 1, bbox: [1, 1, 0.9, 10] }),
      cat({ id: 6, image_id: 1, iscrowd: 1 }),
      cat({ id: 7, image_id: 1, iscrowd: 1 }),
      cat({ id: 8, image_id: 3 }),
      cat({ id: 9, image_id: 4, category_id: 90 }),
      cat({ id: 10, image_id: 99 }),
    ],
  })
  const imageDir = await temporaryFolder(t)
  for (const id of [1, 2, 3, 4]) await writeFile(join(imageDir, `${id}.png`), '')
  const rest = { imageDir, classes: ['cat', 'person'], invalid: 'drop' } as const
  const dataset = await loadCoco(await options(t, content, rest))
  t.deepEqual(
    dataset.samples.map(({ imageId }) => imageId),
    [1],
  )
  t.deepEqual(dataLines(dataset, 'trains on'), [
    `trains on 1 image with 1 object of 2 classes from ${dataset.annFile}`,
    '  left out of 4 images: 2 without an object of the classes (first: image 2), 1 with a side below 32 pixels (image 3)',
    "  left out of 10 objects: 1 of an unknown image (annotation 10), 1 flagged 'ignore' (annotation 2), " +
      '1 outside their image (annotation 3), 1 of area 0 (annotation 4), 1 thinner than a pixel (annotation 5), ' +
      "2 flagged 'iscrowd' (first: annotation 6), 1 of other categories (annotation 9), 1 in images left out (annotation 8)",
  ])
  const test = await loadCoco(await options(t, content, { ...rest, mode: 'test' }))
  t.deepEqual(dataLines(test, 'evaluates on'), [
    `evaluates on 4 images with 6 objects of 2 classes from ${test.annFile}`,
    "  left out of 10 objects: 1 of an unknown image (annotation 10), 2 flagged 'iscrowd' (first: annotation 6), 1 of other categories (annotation 9)",
    '  1 annotation has ignore set, first annotation 2 (image 1); that changes nothing, since iscrowd overwrites it, as in pycocotools; set iscrowd to 1 to leave such out',
  ])
})

test('nothing is said where nothing is left out', async (t) => {
  const { counts } = await loadCoco(await options(t, oneCat({ annotations: [cat()] })))
  const all = { total: 1, used: 1, leftOut: {}, defaults: {} }
  t.deepEqual(counts, { images: all, objects: all, notes: [] })
})

test('crowds are kept apart from the objects', async (t) => {
  const annotations = [cat({ id: 1, iscrowd: 1, bbox: [0, 0, 9, 9] }), cat({ id: 2 })]
  const dataset = await loadCoco(await options(t, oneCat({ annotations })))
  assertClose(t, dataset.samples[0].boxesXyxy, [10, 20, 40, 28], 0)
  assertClose(t, dataset.samples[0].crowdBoxesXyxy, [0, 0, 9, 9], 0)
  t.deepEqual([...dataset.samples[0].labels], [0])
})

const mixed = oneCat({
  images: [image(5), image(3, 31, 200), image(9), image(1, 32, 32), image(2)],
  annotations: [
    cat({ id: 1, image_id: 3 }),
    cat({ id: 2, image_id: 9, iscrowd: 1 }),
    cat({ id: 3, image_id: 1 }),
    cat({ id: 4, image_id: 2 }),
  ],
})

function ids(dataset: Awaited<ReturnType<typeof loadCoco>>) {
  return dataset.samples.map((sample) => sample.imageId)
}

test('training leaves out images without annotations and images with a side below 32', async (t) => {
  t.deepEqual(ids(await loadCoco(await options(t, mixed))), [9, 1, 2]) // 9 has a crowd
})

test('keepEmpty trains on images without annotations too', async (t) => {
  t.deepEqual(ids(await loadCoco(await options(t, mixed, { keepEmpty: true }))), [5, 9, 1, 2])
})

test('testing keeps all images, in the order of the file', async (t) => {
  t.deepEqual(ids(await loadCoco(await options(t, mixed, { mode: 'test' }))), [5, 3, 9, 1, 2])
})

test('limit takes the first images before any are left out', async (t) => {
  const dataset = await loadCoco(await options(t, mixed, { limit: 4 }))
  t.deepEqual(ids(dataset), [9, 1])
  t.deepEqual(dataset.groundTruth.getImgIds(), [5, 3, 9, 1])
  t.deepEqual(
    Array.from(dataset.groundTruth.rows, ({ id }) => id),
    [1, 2, 3],
  )
})

test('a limit beyond the file takes all of it', async (t) => {
  const dataset = await loadCoco(await options(t, mixed, { limit: 100, mode: 'test' }))
  t.is(dataset.samples.length, 5)
})

test('nothing left to train on is refused, with the reasons', async (t) => {
  const given = await options(t, mixed, { limit: 2 })
  await t.throwsAsync(loadCoco(given), {
    instanceOf: DataError,
    message: `${given.annFile}: none of its 2 images can be trained on (1 without an object of the classes (image 5), 1 with a side below 32 pixels (image 3)); check the annotations and the class names`,
  })
})

test('a file without images is refused in testing too', async (t) => {
  const given = await options(t, oneCat({ images: [], annotations: [] }), { mode: 'test' })
  await t.throwsAsync(loadCoco(given), {
    instanceOf: DataError,
    message: `${given.annFile}: has no images; give a file that has some`,
  })
})

for (const limit of [0, -1, 1.5]) {
  test(`a limit of ${limit} is refused`, async (t) => {
    await t.throwsAsync(loadCoco(await options(t, mixed, { limit })), {
      instanceOf: ConfigError,
      message: `limit is ${limit}; give a number of images, at least 1`,
    })
  })
}
