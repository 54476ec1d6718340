/**
 * What annotation files of real people hold and cannot be used: found as they are read, all at
 * once.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type CocoOptions, dataLines, loadCoco } from '../../datasets/index.js'
import { DataError } from '../../errors.js'
import { cat, oneCat, temporaryFolder, writeAnnotations, writeImage } from './coco_folder.js'

type Rest = Partial<CocoOptions>

async function load(t: ExecutionContext, content: unknown, rest: Rest = {}) {
  const folder = await temporaryFolder(t)
  const annFile = await writeAnnotations(folder, content)
  return loadCoco({ annFile, imageDir: folder, mode: 'train', ...rest })
}

/** The error of a file, without the path at its start. */
async function refusal(t: ExecutionContext, content: unknown, rest: Rest = {}): Promise<string> {
  const error = await t.throwsAsync(load(t, content, rest), { instanceOf: DataError })
  return error!.message.replace(/^.*annotations\.json: /, '')
}

const image = { id: 7, file_name: 'a.png', width: 64, height: 48 }
const DROP = ', or leave it out with data.invalid=drop'
const REPAIR = 'repair it or leave it out with data.invalid=drop'
const ID_RULE = 'an id is text or a number within 2^53'

test('a byte order mark is no fault, and neither is NaN where no number is needed', async (t) => {
  const text = `\uFEFF${JSON.stringify(oneCat({ annotations: [cat({ depth: 'NaN' } as object)] }))}`
  const { samples } = await load(t, text.replace('"NaN"', 'NaN'))
  t.is(samples.length, 1)
})

test('a missing file is named', async (t) => {
  const annFile = join(await temporaryFolder(t), 'instances_val.json')
  await t.throwsAsync(loadCoco({ annFile, imageDir: '.', mode: 'train' }), {
    instanceOf: DataError,
    message: `${annFile}: no such file; set annFile of data.train or data.val to a COCO annotation file`,
  })
})

test('a folder in place of the file is refused', async (t) => {
  const annFile = await temporaryFolder(t)
  await t.throwsAsync(loadCoco({ annFile, imageDir: '.', mode: 'train' }), {
    instanceOf: DataError,
    message: `${annFile}: is a folder; set annFile of data.train or data.val to a COCO annotation file`,
  })
})

const refused: [title: string, content: unknown, sentence: string][] = [
  [
    'JSON that breaks off',
    '{"images": [\n  {"id": 1',
    'is not JSON at line 2, column 11: found the end of the text, expected a comma or "}"; repair the file, or fetch it again if it is cut short',
  ],
  ['an empty file', '', 'is empty; fetch the file again'],
  [
    'a list',
    [],
    'does not hold an object; an annotation file is { images, annotations, categories }; a list of results goes second, or to loadRes',
  ],
  ...(['images', 'annotations', 'categories'] as const).flatMap(
    (key): [string, unknown, string][] => [
      [
        `a file without ${key}`,
        oneCat({ [key]: undefined }),
        `has no list '${key}'; give a COCO annotation file (instances)`,
      ],
      [
        `${key} that are no list`,
        oneCat({ [key]: {} }),
        `${key} is not an array; give it a list of ${key}`,
      ],
    ],
  ),
  ['a category that is none', oneCat({ categories: [null] }), 'categories[0] is not an object'],
  [
    'a category without a name',
    oneCat({ categories: [{ id: 17 }] }),
    'category 17 has no name; give it one',
  ],
  [
    'a category id of text',
    oneCat({ categories: [{ id: '17', name: 'cat' }], annotations: [] }),
    'category "17" has the id "17"; a category id is a number within 2^53',
  ],
  [
    'two categories of one id',
    oneCat({
      categories: [
        { id: 17, name: 'cat' },
        { id: 17, name: 'dog' },
      ],
    }),
    'category 17 has the id of a category before it; remove one of them',
  ],
  [
    'two categories of one name',
    oneCat({
      categories: [
        { id: 17, name: 'cat' },
        { id: 18, name: 'cat' },
      ],
    }),
    "category 18 has the name 'cat' of a category before it; rename one of them",
  ],
  [
    'two images of one id',
    oneCat({ images: [image, image] }),
    'image 7 has the id of an image before it; renumber one of them',
  ],
  [
    'an image without id',
    oneCat({ images: [{ ...image, id: undefined }], annotations: [] }),
    `images[0] has no id; ${ID_RULE}`,
  ],
  [
    'images of ids of two kinds',
    oneCat({ images: [image, { ...image, id: '7' }] }),
    'images have ids that are numbers, such as 7, and ids that are text, such as "7"; use one kind of id',
  ],
  [
    'an image without file',
    oneCat({ images: [{ ...image, file_name: undefined }] }),
    `image 7 has no file_name; give it one${DROP}`,
  ],
  [
    'a height of text',
    oneCat({ images: [{ ...image, height: '48' }] }),
    `image 7 has a height of "48"; give it in pixels, or remove it${DROP}`,
  ],
  [
    'a negative width',
    oneCat({ annotations: [cat({ bbox: [10, 20, -3, 8] })] }),
    `annotation 4711 (image 7) has a box of width -3; ${REPAIR}`,
  ],
  [
    'a coordinate of text',
    oneCat({ annotations: [cat({ bbox: [10, '20', 3, 8] })] }),
    `annotation 4711 (image 7) has the box [10, "20", 3, 8]; a box is four finite numbers [x, y, width, height]${DROP}`,
  ],
  [
    'an area of text',
    oneCat({ annotations: [cat({ area: '12' })] }),
    `annotation 4711 (image 7) has an area of "12"; ${REPAIR}`,
  ],
  [
    'a negative area',
    oneCat({ annotations: [cat({ area: -2 })] }),
    `annotation 4711 (image 7) has an area of -2; ${REPAIR}`,
  ],
  [
    'an iscrowd of text',
    oneCat({ annotations: [cat({ iscrowd: '0' })] }),
    `annotation 4711 (image 7) has an iscrowd of "0"; give it 0 or 1${DROP}`,
  ],
  [
    'an annotation of an unknown image',
    oneCat({ annotations: [cat({ image_id: 8 })] }),
    `annotation 4711 (image 8) has the image_id 8, which no image has; ${REPAIR}`,
  ],
  [
    'a category_id that is a number as text',
    oneCat({ annotations: [cat({ category_id: '17' })] }),
    `annotation 4711 (image 7) has the category_id "17", which no category has; write it as there, 17: ids of text and numbers are different${DROP}`,
  ],
  [
    'an annotation whose id is a word',
    oneCat({ annotations: [cat({ id: 'a1' })] }),
    `annotation "a1" (image 7) has an id that is not a number; matches are kept as numbers, so number the annotations from 1${DROP}`,
  ],
]

for (const [title, content, sentence] of refused) {
  test(`${title} is refused in one sentence`, async (t) => {
    const found = await refusal(t, content)
    t.is(sentence.includes(';') ? found : found.split(';')[0], sentence)
  })
}

test('Infinity in a box is refused before anything is trained on', async (t) => {
  const text = JSON.stringify(oneCat({ annotations: [cat({ bbox: [1, 2, 'Infinity', 4] })] }))
  t.is(
    await refusal(t, text.replace('"Infinity"', 'Infinity')),
    `annotation 4711 (image 7) has the box [1, 2, Infinity, 4]; a box is four finite numbers [x, y, width, height]${DROP}`,
  )
})

test('ten faults are told at once, and how many there are', async (t) => {
  const annotations = Array.from({ length: 12 }, (_, i) => cat({ id: i + 1, area: -1 - i }))
  const lines = (await refusal(t, oneCat({ annotations }))).split('\n')
  t.is(
    lines[0],
    '12 entries cannot be used; repair them, or leave them out with data.invalid=drop:',
  )
  t.is(lines.length, 12)
  t.is(lines[1], '  annotation 1 (image 7) has an area of -1; repair it or leave it out')
  t.is(lines[11], '  and 2 more')
})

test('faults of images, categories and annotations come in one error', async (t) => {
  const content = oneCat({
    images: [image, { ...image, id: 8, width: -1 }],
    annotations: [cat({ area: 'x' })],
    categories: [{ id: 17, name: 'cat' }, { id: 18 }],
  })
  const lines = (await refusal(t, content)).split('\n')
  t.deepEqual(lines, [
    '3 entries cannot be used; repair them:', // that of a category cannot be dropped
    '  category 18 has no name; give it one',
    '  image 8 has a width of -1; give it in pixels, or remove it',
    '  annotation 4711 (image 7) has an area of "x"; repair it or leave it out',
  ])
})

test('invalid: drop leaves out what is refused otherwise, never its neighbours, and counts it', async (t) => {
  const folder = await temporaryFolder(t)
  for (const id of [7, 8]) await writeFile(join(folder, `${id}.png`), '')
  const images = [7, 8, 9, 10].map((id) => ({ ...image, id, file_name: `${id}.png` }))
  images[1].width = -1
  const annotations = [
    cat({ id: 1 }),
    cat({ id: 2, bbox: [0, 0, -1, 5] }),
    cat({ id: 2 }),
    cat({ id: 3, image_id: 1 }),
    cat({ id: 4, image_id: 8 }),
    cat({ id: 5, image_id: 9 }),
    cat({ id: 6, bbox: 'x' }),
    cat({ id: 7, bbox: undefined }),
  ]
  const rest: Rest = { invalid: 'drop', imageDir: folder }
  const dataset = await load(t, oneCat({ images, annotations }), rest)
  t.deepEqual(
    dataset.samples.map(({ imageId, labels }) => [imageId, labels.length]),
    [[7, 2]],
  )
  t.deepEqual(
    Array.from(dataset.groundTruth.rows, ({ id }) => id),
    [1, 2],
  )
  t.deepEqual(dataLines(dataset, 'trains on'), [
    `trains on 1 image with 2 objects of 1 class from ${dataset.annFile}`,
    '  left out of 4 images: 1 of no usable size (image 8), 2 without a picture (first: image 9)',
    '  left out of 6 objects: 1 with a box of negative size (annotation 2), 1 of an unknown image (annotation 3), ' +
      '1 with a box that is not four finite numbers (annotation 6), 1 without a box (annotation 7)',
  ])
})

test('what an annotation may leave out has a default, which is counted', async (t) => {
  const annotations = [
    cat({ id: 1, iscrowd: undefined }),
    cat({ id: undefined, iscrowd: null, area: null }),
    cat({ id: undefined, area: undefined }),
  ]
  const dataset = await load(t, oneCat({ annotations }))
  t.deepEqual([...dataset.samples[0].labels], [0, 0, 0])
  t.deepEqual(dataLines(dataset, 'trains on').slice(1), [
    '  of 3 objects: 2 without iscrowd, read as 0 (first: annotation 1), 2 without id, numbered from the largest on (first: annotation 2), ' +
      '2 without area, read as that of the mask, else of the box (first: annotation 2)',
  ])
})

test('width and height that are left out are those of the picture as it is decoded', async (t) => {
  const folder = await temporaryFolder(t)
  await writeImage(join(folder, 'a.png'), [48, 64])
  const images = [{ id: 7, file_name: 'a.png', height: null }]
  const dataset = await load(t, oneCat({ images }), { imageDir: folder })
  t.deepEqual(dataset.samples[0].size, [48, 64])
  t.deepEqual(dataLines(dataset, 'trains on').slice(1), [
    '  of 1 image: 1 without width and height, read from the picture (image 7)',
  ])
  t.regex(
    await refusal(t, oneCat({ images })),
    /^image 7 has no width and height, and its picture gives none; .*a\.png: no such image/,
  )
})

const polygon = [10, 20, 40, 20, 40, 28, 10, 28]
const mask = (segmentation: unknown) => oneCat({ annotations: [cat({ segmentation })] })

for (const [title, segmentation, sentence] of [
  ['no segmentation', undefined, 'has no segmentation; '],
  ['null', null, 'has no segmentation; '],
  ['no polygons', [], 'has an empty segmentation; '],
  ['an empty polygon', [[]], 'has an empty segmentation; '],
  ['a line of two points', [[40, 30, 40, 33]], ''],
  ['a sliver of two points behind a polygon', [polygon, [1, 2, 3, 4]], ''],
  ['an odd count of numbers', [[...polygon, 3]], ''],
  [
    'runs of a swapped size',
    { size: [64, 48], counts: [3072] },
    'has a mask of 48 x 64 pixels, but its image is 64 x 48; ',
  ],
  [
    'runs that do not add up',
    { size: [48, 64], counts: [10, 3] },
    'has runs of 13 pixels in all, ',
  ],
] as const) {
  test(`${title} is no mask: refused where masks are learned, and no fault where boxes are`, async (t) => {
    const found = await refusal(t, mask(segmentation), { masks: true })
    t.true(found.startsWith(`annotation 4711 (image 7) ${sentence}`), found)
    t.is((await load(t, mask(segmentation))).samples.length, 1)
  })
}

test('objects without a mask are dropped and counted where that is asked for', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'a.png'), '')
  const annotations = [cat({ id: 1, segmentation: [polygon] }), cat({ id: 2, segmentation: [] })]
  const rest: Rest = { masks: true, invalid: 'drop', imageDir: folder }
  const dataset = await load(t, oneCat({ annotations }), rest)
  t.deepEqual(dataset.counts.objects.leftOut, { 'without a mask': { count: 1, first: 2 } })
  t.is(dataset.samples[0].labels.length, 1)
})

const NOTHING = 'give annotations that there is something to learn from'

for (const [title, parts, reason, fix] of [
  [
    'crowds',
    { iscrowd: 1 },
    "1 flagged 'iscrowd' (annotation 4711)",
    'set iscrowd to 0 for single objects; CVAT writes 1 for every mask',
  ],
  [
    'relative',
    { bbox: [0.2, 0.3, 0.25, 0.5] },
    '1 thinner than a pixel (annotation 4711)',
    'give boxes in pixels, [x, y, width, height]; relative ones are to be multiplied by the size of the image',
  ],
  [
    'of area 0',
    { area: 0 },
    '1 of area 0 (annotation 4711)',
    'leave area out, or give it in pixels',
  ],
  ['flagged', { ignore: true }, "1 flagged 'ignore' (annotation 4711)", NOTHING],
  ['outside', { bbox: [64, 48, 5, 5] }, '1 outside their image (annotation 4711)', NOTHING],
] as const) {
  test(`training on objects that all are ${title} is refused, evaluating on them is not`, async (t) => {
    const content = oneCat({ annotations: [cat(parts)] })
    t.is(await refusal(t, content), `none of its 1 objects can be trained on (${reason}); ${fix}`)
    t.is((await load(t, content, { mode: 'test' })).samples.length, 1)
  })
}
