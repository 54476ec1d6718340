import test from 'ava'
import fc from 'fast-check'
import { perClassTable } from '../../source/analysis/per_class.js'
import { COCO, COCOeval, CocoError, STAT_NAMES } from '../../source/index.js'
import { anySmallSet, evaluated, smallSet } from './small_sets.js'

const LEFT = [0, 0, 100, 100]
const RIGHT = [500, 0, 20, 20]
const ALMOST_ONE = 0.9999999999999998 // of a perfect precision, as pycocotools has it

test('a class found, a class half found, a class of crowds only', (t) => {
  const table = perClassTable(
    evaluated({
      gt: [
        [1, 1, LEFT],
        [1, 2, LEFT],
        [1, 2, RIGHT],
        [1, 3, LEFT, 1],
      ],
      dt: [
        [1, 1, LEFT, 0.9],
        [1, 2, RIGHT, 0.8],
        [1, 3, [800, 800, 50, 50], 0.7],
      ],
    }),
  )
  const half = 51 / 101
  t.like(table, [
    { id: 1, name: 'c1', groundTruths: 1, detections: 1, AR1: 1, APs: -1, ARl: 1 },
    { id: 2, name: 'c2', groundTruths: 2, detections: 1, AR100: 0.5, ARs: 1, APl: 0 },
    { id: 3, name: 'c3', groundTruths: 0, detections: 1, AP: -1, AR100: -1 },
  ])
  t.true(Math.abs(table[0].AP - ALMOST_ONE) < 1e-12)
  t.true(Math.abs(table[1].AP50 - half) < 1e-12)
  t.deepEqual(JSON.parse(JSON.stringify(table)), table)
  t.deepEqual(Object.keys(table[0]), ['id', 'name', ...STAT_NAMES, 'groundTruths', 'detections'])
})

test('the mean of each column over classes that are not -1 is the number of the summary', (t) => {
  fc.assert(
    fc.property(anySmallSet, (set) => {
      const evaluation = evaluated(set)
      const table = perClassTable(evaluation)
      for (const [i, stat] of STAT_NAMES.entries()) {
        const values = table.map((row) => row[stat as 'AP']).filter((value) => value !== -1)
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length
        const expected = values.length > 0 ? mean : -1
        t.true(Math.abs(evaluation.stats[i] - expected) < 1e-12, `${stat}: ${expected}`)
      }
    }),
    { numRuns: 300 },
  )
})

test('a class evaluated alone has the numbers of its row, to the last bit', (t) => {
  fc.assert(
    fc.property(anySmallSet, (set) => {
      for (const { id, name, groundTruths, detections, ...numbers } of perClassTable(
        evaluated(set),
      )) {
        const alone = evaluated(set, ({ params }) => {
          params.catIds = [id]
        })
        t.deepEqual(Object.values(numbers), alone.stats)
        t.is(name, `c${id}`)
        t.is(detections, set.dt.filter(([, category]) => category === id).length)
        t.is(
          groundTruths,
          set.gt.filter(([, category, , crowd]) => category === id && !crowd).length,
        )
      }
    }),
    { numRuns: 100 },
  )
})

test('keypoints have their ten numbers, and persons without keypoints are not counted', (t) => {
  const pose = (x: number) => Array.from({ length: 17 }, (_, i) => [x + 5 * i, 10 * i, 2]).flat()
  const person = { image_id: 1, category_id: 1, area: 10000, iscrowd: 0, bbox: [0, 0, 100, 170] }
  const file = { images: [{ id: 1 }], categories: [{ id: 1, name: 'person' }] }
  const groundTruth = new COCO({
    ...file,
    annotations: [
      { id: 1, ...person, keypoints: pose(0), num_keypoints: 17 },
      { id: 2, ...person, keypoints: pose(0).fill(0), num_keypoints: 0 },
    ],
  })
  const detected = new COCO({
    ...file,
    annotations: [{ id: 1, ...person, keypoints: pose(0), score: 0.9 }],
  })
  const evaluation = new COCOeval(groundTruth, detected, 'keypoints', { print: () => {} })
  evaluation.evaluate()
  evaluation.accumulate()
  evaluation.summarize()
  const [{ id, name, groundTruths, detections, ...numbers }] = perClassTable(evaluation)
  t.deepEqual(
    { id, name, groundTruths, detections },
    {
      ...{ id: 1, name: 'person', groundTruths: 1, detections: 1 },
    },
  )
  t.deepEqual(Object.keys(numbers), [
    ...['AP', 'AP50', 'AP75', 'APm', 'APl', 'AR', 'AR50', 'AR75', 'ARm', 'ARl'],
  ])
  t.deepEqual(Object.values(numbers), evaluation.stats)
  t.is(numbers.AR, 1)
})

test('only images of params are counted, and a class without a name has its id', (t) => {
  const evaluation = evaluated(
    {
      gt: [
        [1, 1, LEFT],
        [2, 1, LEFT],
      ],
      dt: [[2, 1, LEFT, 0.9]],
    },
    ({ params, cocoGt }) => {
      params.imgIds = [1]
      delete cocoGt.cats.get(1)!.name
    },
  )
  t.like(perClassTable(evaluation)[0], { name: '1', groundTruths: 1, detections: 0, AP: 0 })
})

test('a table needs accumulate(), classes told apart, and the params of accumulate()', (t) => {
  const evaluation = smallSet({ gt: [[1, 1, LEFT]], dt: [[1, 1, LEFT, 0.9]] })
  const rejects = (message: string) =>
    t.throws(() => perClassTable(evaluation), { instanceOf: CocoError, message })
  evaluation.evaluate()
  rejects('perClassTable: nothing is accumulated yet; call accumulate() first')
  evaluation.accumulate()
  evaluation.params.catIds = [1, 2]
  rejects(
    'perClassTable: params.catIds has 2 entries, but accumulate() used 1; accumulate again with these params',
  )
  evaluation.params.useCats = 0
  rejects(
    'perClassTable: params.useCats is 0, so that classes are not told apart; set params.useCats to 1 and params.catIds to the classes',
  )
})
