import test from 'ava'
import {
  COCO,
  type CocoAnnotation,
  type CocoDataset,
  CocoError,
  type CocoResult,
  type Id,
} from '../../source/index.js'
import { readFixture } from '../cases.js'
import { accessors } from '../row_accessors.js'
import { warningsOf } from '../warnings_of.js'

/** Form of `fixtures/make_load_results.py`. */
interface Fixture {
  cases: {
    name: string
    groundTruth: CocoDataset
    results: CocoResult[]
    expected: {
      annotations: CocoAnnotation[]
      images: Id[]
      categories: Id[]
      imgToAnns: [Id, Id[]][]
      catToImgs: [Id, Id[]][]
    }
  }[]
  refused: { name: string; results: CocoResult[] }[]
  array: {
    groundTruth: CocoDataset
    data: number[]
    shape: number[]
    expected: CocoAnnotation[]
  }
}
const fixture = readFixture<Fixture>('load_results.json')

test.before(() => {
  console.warn = () => {} // some cases have unknown categories
})

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

for (const { name, groundTruth, results, expected } of fixture.cases) {
  test(`as pycocotools 2.0.11, from a list and from a file: ${name}`, async (t) => {
    const coco = new COCO(groundTruth)
    const fromList = coco.loadRes(results)
    const fromFile = await coco.loadRes(bytesOf(results))
    for (const loaded of [fromList, fromFile]) {
      t.deepEqual([...loaded.rows], expected.annotations)
      t.deepEqual(loaded.getImgIds(), expected.images)
      t.deepEqual(
        (loaded.dataset.categories ?? []).map(({ id }) => id),
        expected.categories,
      )
      const annotationIds = [...loaded.imgToAnns].map(([id, list]) => [id, list.map((a) => a.id)])
      t.deepEqual(annotationIds as unknown, expected.imgToAnns)
      t.deepEqual([...loaded.catToImgs] as unknown, expected.catToImgs)
      t.deepEqual(loaded.dataset.info, groundTruth.info)
    }
    for (let row = 0; row < results.length; row++)
      t.deepEqual(accessors(fromFile.rows, row), accessors(fromList.rows, row))
  })
}

test('an array of numbers becomes box results, as in pycocotools 2.0.11', (t) => {
  const { groundTruth, data, shape, expected } = fixture.array
  const loaded = new COCO(groundTruth).loadRes({ data: Float64Array.from(data), shape })
  t.deepEqual([...loaded.rows], expected)
})

test('what pycocotools refuses as results is refused', async (t) => {
  const coco = new COCO(fixture.array.groundTruth)
  t.is(fixture.refused.length, 18)
  for (const { name, results } of fixture.refused) {
    if (Array.isArray(results))
      t.throws(() => coco.loadRes(results), { instanceOf: CocoError }, name)
    else await t.throwsAsync(async () => coco.loadRes(results as never), { instanceOf: CocoError })
    await t.throwsAsync(coco.loadRes(bytesOf(results)), { instanceOf: CocoError }, name)
  }
})

const GROUND_TRUTH: CocoDataset = {
  images: [{ id: 20 }, { id: 10 }],
  categories: [{ id: 18, name: 'dog' }],
}
const RLE = { size: [5, 7], counts: ';320009' }
const box = (changes = {}) => ({
  image_id: 20,
  category_id: 18,
  bbox: [1, 2, 3, 4],
  score: 1,
  ...changes,
})
const masked = (segmentation: unknown) => ({ image_id: 20, category_id: 18, segmentation })
const posed = (keypoints: unknown) => ({ image_id: 20, category_id: 18, keypoints })
const GIVE_COMPRESSED =
  'masks of results are { size, counts } with compressed counts: mask.frPyObjects makes them'

const refused: [string, unknown[], string][] = [
  [
    'no results',
    [],
    'holds no results; a detector that found nothing has an AP of 0: loadRes(results, { allowEmpty: true }) takes it',
  ],
  [
    'an entry that is null',
    [box(), null],
    'entry [1] is not an object; results are an array of objects',
  ],
  ['an entry that is a list', [[1]], 'entry [0] is not an object; results are an array of objects'],
  ['no image_id', [{ bbox: [0, 0, 1, 1] }], 'entry [0] has no image_id; give every result one'],
  [
    'an image_id that is null',
    [box({ image_id: null })],
    'entry [0] has the image_id null; an id is text or a number within 2^53',
  ],
  [
    'an unknown image',
    [box(), box({ image_id: '20' })],
    'entry [1] has image_id "20", which is not in the ground truth; write it as there, 20: ids of text and numbers are different',
  ],
  [
    'no known kind',
    [{ image_id: 20, category_id: 18, score: 1 }],
    'entry [0] has no bbox, segmentation, keypoints or caption; give every result one of them, all the same',
  ],
  [
    'no category_id',
    [box(), { image_id: 20, bbox: [0, 0, 1, 1] }],
    'entry [1] (image 20) has no category_id; give every result a number or text',
  ],
  [
    'no bbox in a later entry',
    [box(), { image_id: 10, category_id: 18 }],
    'entry [1] (image 10) has no bbox; give it [x, y, width, height]',
  ],
  [
    'a negative width',
    [box({ bbox: [1, 2, -3, 4] })],
    'entry [0] (image 20) has a box of width -3; repair it or leave it out',
  ],
  [
    'a negative height',
    [box({ bbox: [1, 2, 3, -0.5] })],
    'entry [0] (image 20) has a box of height -0.5; repair it or leave it out',
  ],
  [
    'a box of five numbers',
    [box({ bbox: [1, 2, 3, 4, 5] })],
    'entry [0] (image 20) has the box [1, 2, 3, 4, 5]; a box is four finite numbers [x, y, width, height]',
  ],
  [
    'a box with null',
    [box({ bbox: [1, 2, 3, null] })],
    'entry [0] (image 20) has the box [1, 2, 3, null]; a box is four finite numbers [x, y, width, height]',
  ],
  [
    'polygons',
    [masked([[1, 1, 2, 2, 1, 2]])],
    `entry [0] (image 20) has polygons as its segmentation; ${GIVE_COMPRESSED}`,
  ],
  [
    'run lengths',
    [masked({ size: [5, 7], counts: [35] })],
    `entry [0] (image 20) has run lengths that are not compressed; ${GIVE_COMPRESSED}`,
  ],
  [
    'a mask in a later entry that is none',
    [masked(RLE), masked({ size: [5, 7] })],
    `entry [1] (image 20) has a segmentation that is none; ${GIVE_COMPRESSED}`,
  ],
  [
    'no mask in a later entry',
    [masked(RLE), { image_id: 10, category_id: 18 }],
    `entry [1] (image 10) has no segmentation; ${GIVE_COMPRESSED}`,
  ],
  [
    'run lengths that do not add up',
    [masked(RLE), masked({ ...RLE, size: [5, 8] })],
    'entry [1] (image 20) has runs of 35 pixels in all, where its size [5, 8] has 40; repair its counts or its size',
  ],
  [
    'no keypoints in a later entry',
    [posed([1, 2, 1]), { image_id: 10, category_id: 18 }],
    'entry [1] (image 10) has no keypoints; give it x, y and visibility of each',
  ],
  [
    'an empty list of keypoints',
    [posed([])],
    'entry [0] (image 20) has no keypoints; give it x, y and visibility of each',
  ],
  [
    'a keypoint that is null',
    [posed([1, 2, 1, 3, null, 2])],
    'entry [0] (image 20) has null at [4] of its keypoints; keypoints are finite numbers: x, y and visibility of each',
  ],
]
for (const [name, results, sentence] of refused) {
  test(`results with ${name} are refused in one sentence, from a list and from a file`, async (t) => {
    const coco = new COCO(GROUND_TRUTH)
    t.throws(() => coco.loadRes(results as CocoResult[]), {
      instanceOf: CocoError,
      message: `results: ${sentence}`,
    })
    await t.throwsAsync(coco.loadRes(bytesOf(results), { name: 'dt.json' }), {
      instanceOf: CocoError,
      message: `dt.json: ${sentence}`,
    })
  })
}

test('NaN in a results file is refused with its entry, not as a place', async (t) => {
  const text = '[{"image_id": 20, "category_id": 18, "bbox": [1, NaN, 3, 4], "score": 1}]'
  await t.throwsAsync(new COCO(GROUND_TRUTH).loadRes(new TextEncoder().encode(text)), {
    instanceOf: CocoError,
    message:
      'results: entry [0] (image 20) has the box [1, NaN, 3, 4]; a box is four finite numbers [x, y, width, height]',
  })
})

test('a file that holds no array is refused', async (t) => {
  for (const value of [{}, null, 'text', 7])
    await t.throwsAsync(new COCO(GROUND_TRUTH).loadRes(bytesOf(value)), {
      instanceOf: CocoError,
      message: 'results: does not hold an array; results are an array of objects',
    })
})

test('an array of numbers of another shape, or with an id that is none, is refused', (t) => {
  const coco = new COCO(GROUND_TRUTH)
  t.throws(() => coco.loadRes({ data: new Float64Array(12), shape: [2, 6] }), {
    instanceOf: CocoError,
    message:
      'results: has 12 numbers in the shape [2, 6]; results are [N, 7]: image id, x, y, width, height, score, category id',
  })
  t.throws(() => coco.loadRes({ data: new Float64Array(12), shape: [2, 7] }), {
    instanceOf: CocoError,
    message:
      'results: has 12 numbers in the shape [2, 7]; results are [N, 7]: image id, x, y, width, height, score, category id',
  })
  t.throws(() => coco.loadRes({ data: [Number.NaN, 1, 2, 3, 4, 1, 18], shape: [1, 7] }), {
    instanceOf: CocoError,
    message: 'results: row [0] has the image id NaN; an id is a number within 2^53',
  })
})

test('results are not loaded where the ground truth has no categories', (t) => {
  t.throws(
    () => new COCO({ images: [{ id: 20 }] }, 'gt.json').loadRes([box({ category_id: 'a' })]),
    {
      instanceOf: CocoError,
      message: 'gt.json: has no categories; give the file a list of categories',
    },
  )
})

test('results of an unknown category are kept, and warned of once', (t) => {
  const warnings = warningsOf(() => {
    const results = [box(), box({ category_id: 5 }), box({ category_id: 6 })]
    t.is(new COCO(GROUND_TRUTH).loadRes(results).anns.size, 3)
  })
  t.deepEqual(warnings, [
    'pycocotools-js: results: 2 of 3 results have a category_id that is not in the ground truth, first entry [1] (image 20) with 5; they are not counted, as in pycocotools',
  ])
})

test('text for the number of a category is said to be another id', (t) => {
  const warnings = warningsOf(() => {
    new COCO(GROUND_TRUTH).loadRes([box({ category_id: '18' }), box({ category_id: '18' })])
  })
  t.deepEqual(warnings, [
    'pycocotools-js: results: 2 of 2 results have a category_id that is not in the ground truth, first entry [0] (image 20) with "18"; there it is 18, and ids of text and numbers differ; they are not counted, as in pycocotools',
  ])
})

test('a list of results is copied, not changed', (t) => {
  const results = [box()]
  new COCO(GROUND_TRUTH).loadRes(results)
  t.deepEqual(results, [box()])
})

test('no results are taken where they are allowed, from a list and from a file', async (t) => {
  const groundTruth = new COCO(GROUND_TRUTH)
  for (const detected of [
    groundTruth.loadRes([], { allowEmpty: true }),
    await groundTruth.loadRes(bytesOf([]), { allowEmpty: true }),
  ]) {
    t.deepEqual(detected.getAnnIds(), [])
    t.deepEqual(detected.getImgIds(), groundTruth.getImgIds())
  }
})
