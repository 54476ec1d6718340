import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { COCO, COCOeval, type CocoDataset, CocoError, type CocoResult } from '../source/index.js'
import { warningsOf } from './warnings_of.js'

let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pycocotools-js-'))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Three images; image 30 is empty. Annotation 2 is a crowd. */
function dataset(): CocoDataset {
  return {
    info: { year: 2017 },
    images: [{ id: 20 }, { id: 10 }, { id: 30 }],
    categories: [
      { id: 58, name: 'hot dog', supercategory: 'food' },
      { id: 18, name: 'dog', supercategory: 'animal' },
      { id: 17, name: 'cat', supercategory: 'animal' },
    ],
    annotations: [
      { id: 1, image_id: 20, category_id: 18, bbox: [0, 0, 4, 4], area: 16, iscrowd: 0 },
      { id: 2, image_id: 10, category_id: 18, bbox: [0, 0, 9, 9], area: 81, iscrowd: 1 },
      { id: 3, image_id: 20, category_id: 58, bbox: [5, 5, 2, 3], area: 6, iscrowd: 0 },
      { id: 4, image_id: 20, category_id: 18, bbox: [1, 1, 5, 5], area: 25, iscrowd: 0 },
    ],
  }
}

function results(): CocoResult[] {
  return [
    { image_id: 20, category_id: 18, bbox: [1, 2, 3, 4], score: 0.5 },
    { image_id: 10, category_id: 17, bbox: [0, 0, 2.5, 2], score: 0.25 },
  ]
}

test('getAnnIds filters by image, category, area and crowd', (t) => {
  const coco = new COCO(dataset())
  t.deepEqual(coco.getAnnIds(), [1, 2, 3, 4])
  t.deepEqual(coco.getAnnIds({ imgIds: [10, 20] }), [2, 1, 3, 4])
  t.deepEqual(coco.getAnnIds({ imgIds: 20, catIds: 18 }), [1, 4])
  t.deepEqual(coco.getAnnIds({ imgIds: [30, 99] }), [])
  t.deepEqual(coco.getAnnIds({ catIds: [58] }), [3])
  t.deepEqual(coco.getAnnIds({ iscrowd: true }), [2])
  t.deepEqual(coco.getAnnIds({ iscrowd: 0 }), [1, 3, 4])
  t.deepEqual(coco.getAnnIds({ iscrowd: null }), [1, 2, 3, 4])
})

test('getAnnIds excludes both ends of areaRng', (t) => {
  t.deepEqual(new COCO(dataset()).getAnnIds({ areaRng: [6, 81] }), [1, 4])
})

test('getCatIds filters by name, supercategory and id, in file order', (t) => {
  const coco = new COCO(dataset())
  t.deepEqual(coco.getCatIds(), [58, 18, 17])
  t.deepEqual(coco.getCatIds({ catNms: ['cat', 'dog'] }), [18, 17])
  t.deepEqual(coco.getCatIds({ supNms: ['animal'], catIds: [17, 58] }), [17])
  t.deepEqual(coco.getCatIds({ catIds: 58 }), [58])
})

test('one string as catNms also selects names that are a part of it, and warns', (t) => {
  const coco = new COCO(dataset())
  const warnings = warningsOf(() => {
    t.deepEqual(coco.getCatIds({ catNms: 'hot dog' }), [58, 18])
    t.deepEqual(coco.getCatIds({ catNms: 'hot dog' }), [58, 18])
    t.deepEqual(coco.getCatIds({ catNms: ['hot dog'] }), [58])
  })
  t.deepEqual(warnings, [
    "pycocotools-js: getCatIds({ catNms: 'hot dog' }) also selects 'dog', which is a part of it, as in pycocotools; give a list of names",
  ])
})

test('getImgIds gives images with all of the categories', (t) => {
  const coco = new COCO(dataset())
  t.deepEqual(coco.getImgIds(), [20, 10, 30])
  t.deepEqual(coco.getImgIds({ catIds: 18 }), [20, 10])
  t.deepEqual(coco.getImgIds({ catIds: [18, 58] }), [20])
  t.deepEqual(coco.getImgIds({ imgIds: [10, 30], catIds: [18] }), [10])
  t.deepEqual(coco.getImgIds({ imgIds: [99, 10, 99] }), [99, 10])
  t.deepEqual(coco.getImgIds({ catIds: 17 }), [])
})

test('load... give the objects of the file, for one id or many', (t) => {
  const coco = new COCO(dataset())
  t.deepEqual(
    coco.loadAnns([3, 1]).map(({ id }) => id),
    [3, 1],
  )
  t.is(coco.loadAnns(3)[0], coco.dataset.annotations![2])
  t.is(coco.loadCats(17)[0].name, 'cat')
  t.is(coco.loadImgs([30])[0], coco.dataset.images![2])
  t.deepEqual(coco.loadAnns(), [])
})

test('an id that is not there is named', (t) => {
  const coco = new COCO(dataset(), 'val.json')
  t.throws(() => coco.loadAnns([1, 77]), {
    instanceOf: CocoError,
    message: 'loadAnns: val.json has no annotation 77; use ids that get...Ids() gives',
  })
  t.throws(() => coco.loadImgs('20'), {
    instanceOf: CocoError,
    message: 'loadImgs: val.json has no image "20"; use ids that get...Ids() gives',
  })
})

test('the maps hold what pycocotools holds', (t) => {
  const coco = new COCO(dataset())
  t.deepEqual([...coco.imgToAnns.keys()], [20, 10])
  t.deepEqual(coco.catToImgs.get(18), [20, 10, 20])
  t.is(coco.imgs.size, 3)
  t.is(coco.cats.get(58)!.name, 'hot dog')
})

test('captions need no categories', (t) => {
  const coco = new COCO({
    images: [{ id: 1 }],
    annotations: [{ id: 5, image_id: 1, caption: 'a' }],
  })
  t.deepEqual(coco.getAnnIds(), [5])
})

test('loadRes numbers results from 1 and gives them area, iscrowd and a rectangle', (t) => {
  const given = results()
  const detected = new COCO(dataset()).loadRes(given)
  t.deepEqual(detected.dataset.annotations, [
    {
      ...given[0],
      id: 1,
      area: 12,
      iscrowd: 0,
      segmentation: [[1, 2, 1, 6, 4, 6, 4, 2]],
    },
    {
      ...given[1],
      id: 2,
      area: 5,
      iscrowd: 0,
      segmentation: [[0, 0, 0, 2, 2.5, 2, 2.5, 0]],
    },
  ])
  t.deepEqual(given, results(), 'what was given is not changed')
  t.deepEqual(detected.getImgIds(), [20, 10, 30])
  t.deepEqual(detected.getCatIds(), [58, 18, 17])
  t.deepEqual(detected.dataset.info, { year: 2017 })
})

test('files load as objects do, but keep their annotations in rows', async (t) => {
  const path = join(folder, 'gt.json')
  const resultPath = join(folder, 'dt.json')
  await writeFile(path, JSON.stringify(dataset()))
  await writeFile(resultPath, JSON.stringify(results()))
  const coco = await COCO.load(path)
  const { annotations, ...rest } = dataset()
  t.deepEqual(coco.dataset, rest)
  t.deepEqual([...coco.rows], annotations)
  t.is(coco.name, path)

  const detected = await coco.loadRes(resultPath)
  const expected = new COCO(dataset()).loadRes(results())
  t.deepEqual([...detected.rows], expected.dataset.annotations)
  t.deepEqual({ ...detected.dataset, annotations: [...detected.rows] }, expected.dataset)
  t.is(detected.name, resultPath)
})

test('of a file, the maps hold what they hold of objects', async (t) => {
  const objects = new COCO(dataset())
  const file = await COCO.load(bytesOf(dataset()))
  t.deepEqual([...file.anns], [...objects.anns])
  t.deepEqual([...file.imgToAnns], [...objects.imgToAnns])
  t.deepEqual([...file.catToImgs], [...objects.catToImgs])
  t.deepEqual(file.imgs, objects.imgs)
  t.deepEqual(file.cats, objects.cats)
  t.deepEqual(file.loadAnns([4, 1]), objects.loadAnns([4, 1]))
  t.is(file.anns.get(9), undefined)
})

test('of two lists of annotations in a file, the last counts, as for JSON.parse', async (t) => {
  const two = (first: string, second: string) =>
    new TextEncoder().encode(`{"images": [], "annotations": ${first}, "annotations": ${second}}`)
  const entry = (id: number) => `[{"id": ${id}, "image_id": 1}]`
  t.deepEqual((await COCO.load(two(entry(1), entry(2)))).getAnnIds(), [2])
  t.deepEqual((await COCO.load(two('null', entry(2)))).getAnnIds(), [2])
  await t.throwsAsync(COCO.load(two(entry(1), '{}')), {
    instanceOf: CocoError,
    message: 'dataset: annotations is not an array; give it a list of annotations',
  })
})

test('a file without annotations can be asked for none', async (t) => {
  const coco = await COCO.load(bytesOf({ images: [] }), { name: 'gt.json' })
  t.throws(() => coco.getAnnIds(), {
    instanceOf: CocoError,
    message: 'gt.json: has no annotations; give the file a list of annotations',
  })
})

test('a file that is not JSON is refused with line and column', async (t) => {
  const path = join(folder, 'broken.json')
  await writeFile(path, '{\n  "images": [],\n  "annotations": [{"id": 1 "image_id": 2}]\n}')
  await t.throwsAsync(COCO.load(path), {
    instanceOf: CocoError,
    message: `${path}: is not JSON at line 3, column 28: found "\\"", expected a comma or "}"; repair the file, or fetch it again if it is cut short`,
  })
})

test('a file of another kind is refused by its first byte, or where it stops being JSON', async (t) => {
  const long = `[${'{"id": 1}, '.repeat(100_000)}`
  await t.throwsAsync(COCO.load(new TextEncoder().encode(long)), {
    message: /^dataset: does not hold an object; /,
  })
  await t.throwsAsync(new COCO(dataset()).loadRes(new TextEncoder().encode('{"images": [')), {
    message: 'results: does not hold an array; results are an array of objects',
  })
  await t.throwsAsync(COCO.load(new TextEncoder().encode('<!DOCTYPE html>')), {
    message: /^dataset: is not JSON at line 1, column 1: found "<", expected a value; /,
  })
})

test('NaN in a file, as Python writes it, is refused with its annotation when it would be counted', async (t) => {
  const text = JSON.stringify(dataset()).replace('"area":6,', '"area":NaN,')
  const coco = await COCO.load(new TextEncoder().encode(text), { name: 'gt.json' })
  t.deepEqual(coco.loadAnns(3)[0].area, Number.NaN)
  const evaluation = new COCOeval(coco, coco.loadRes(results()), 'bbox')
  t.throws(() => evaluation.evaluate(), {
    instanceOf: CocoError,
    message: 'gt.json: annotation 3 (image 20) has an area of NaN; repair it or leave it out',
  })
})

const badDatasets: [string, unknown, string][] = [
  [
    'an array',
    [],
    'gt.json: does not hold an object; an annotation file is { images, annotations, categories }; a list of results goes second, or to loadRes',
  ],
  [
    'a list that is none',
    { images: {} },
    'gt.json: images is not an array; give it a list of images',
  ],
  [
    'an entry that is no object',
    { images: [3] },
    'gt.json: images[0] is not an object; repair it or leave it out',
  ],
  [
    'an annotation that is no object',
    { annotations: [{ id: 1, image_id: 1 }, null] },
    'gt.json: annotations[1] is not an object; repair it or leave it out',
  ],
  [
    'an annotation without image_id',
    { annotations: [{ id: 1 }] },
    'gt.json: annotations[0] has no image_id; repair it or leave it out',
  ],
  [
    'an annotation without category_id',
    { categories: [], annotations: [{ id: 1, image_id: 1 }] },
    'gt.json: annotations[0] has no category_id; repair it or leave it out',
  ],
  [
    'an id that is null',
    { categories: [{ id: null }] },
    'gt.json: categories[0] has the id null; an id is text or a number within 2^53',
  ],
  [
    'an image_id that is a list',
    { annotations: [{ id: 1, image_id: [1] }] },
    'gt.json: annotations[0] has the image_id [1]; an id is text or a number within 2^53',
  ],
  [
    'an id that float64 cannot tell from its neighbours',
    { images: [{ id: 1 }, { id: 2 ** 53 }] },
    'gt.json: images[1] has the id 9007199254740992; an id is text or a number within 2^53',
  ],
]
for (const [name, bad, message] of badDatasets) {
  test(`a data set with ${name} is refused, as objects and as a file`, async (t) => {
    t.throws(() => new COCO(bad as CocoDataset, 'gt.json'), { instanceOf: CocoError, message })
    await t.throwsAsync(COCO.load(bytesOf(bad), { name: 'gt.json' }), {
      instanceOf: CocoError,
      message,
    })
  })
}

test('categories without a list, or without names, cannot be filtered', (t) => {
  t.throws(() => new COCO({}, 'gt.json').getCatIds(), {
    instanceOf: CocoError,
    message: 'gt.json: has no categories; give the file a list of categories',
  })
  t.throws(() => new COCO({ categories: [{ id: 1 }] }, 'gt.json').getCatIds({ catNms: ['a'] }), {
    instanceOf: CocoError,
    message: 'gt.json: category 1 has no name; give it one',
  })
})
