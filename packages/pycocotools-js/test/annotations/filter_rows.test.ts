import test from 'ava'
import { COCO, type CocoDataset, CocoError, type Id } from '../../source/index.js'
import { readFixture } from '../cases.js'

type Filter = 'getAnnIds' | 'getCatIds' | 'getImgIds'

/** Form of `fixtures/make_load_results.py`. */
interface Fixture {
  filters: { dataset: CocoDataset; queries: [Filter, Record<string, unknown>, Id[]][] }
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

test('filters select what pycocotools 2.0.11 selects, of objects and of columns', async (t) => {
  const { dataset, queries } = readFixture<Fixture>('load_results.json').filters
  t.is(queries.length, 100)
  for (const coco of [new COCO(dataset), await COCO.load(bytesOf(dataset))])
    for (const [filter, query, expected] of queries) {
      const found = coco[filter](query)
      // pycocotools gives the images in the order of a hash
      const ids = filter === 'getImgIds' ? found.sort((a, b) => Number(a) - Number(b)) : found
      t.deepEqual(ids, expected, `${filter}(${JSON.stringify(query)})`)
    }
})

test('filtering by a key that an annotation lacks is refused, of objects and of columns', async (t) => {
  const annotations = [{ id: 5, image_id: 1 }]
  const file = bytesOf({ images: [], annotations })
  for (const coco of [
    new COCO({ images: [], annotations }, 'gt.json'),
    await COCO.load(file, { name: 'gt.json' }),
  ])
    for (const [filter, key] of [
      [{ areaRng: [0, 1] }, 'area'],
      [{ catIds: [1] }, 'category_id'],
    ] as const)
      t.throws(() => coco.getAnnIds(filter), {
        instanceOf: CocoError,
        message: `gt.json: annotation 5 has no ${key}; give it one, or do not filter by it`,
      })
})

test('an area that is no number cannot be filtered by', (t) => {
  const coco = new COCO({ annotations: [{ id: 5, image_id: 1, area: '12' as never }] }, 'gt.json')
  t.throws(() => coco.getAnnIds({ areaRng: [0, 1] }), {
    instanceOf: CocoError,
    message: 'gt.json: annotation 5 has an area of "12"; give it a number, or do not filter by it',
  })
})
