import test from 'ava'
import { COCO, COCOeval, CocoError, type CocoResult, STAT_NAMES } from '../source/index.js'
import { type BoxCase, groundTruthOf, readFixture, resultsOf, sha256, storedAs } from './cases.js'
import { warningsOf } from './warnings_of.js'

test.before(() => {
  console.warn = () => {} // traps among the cases warn; warnings have their own tests
})

/** A data set whose numbers are known from pycocotools: two images, categories 1 and 3, one crowd. */
function goldenGroundTruth(): COCO {
  const rows: [number, number, number, number[], number, number][] = [
    [1, 1, 1, [10, 10, 100, 100], 9800, 0],
    [2, 1, 1, [120, 120, 40, 40], 1500, 0],
    [3, 1, 3, [50, 60, 20, 20], 400, 0],
    [4, 2, 1, [0, 0, 150, 150], 20000, 1],
    [5, 2, 1, [160, 20, 30, 60], 1700, 0],
    [6, 2, 3, [20, 20, 60, 60], 3600, 0],
  ]
  return new COCO({
    images: [{ id: 1 }, { id: 2 }],
    categories: [
      { id: 1, name: 'person' },
      { id: 3, name: 'car' },
    ],
    annotations: rows.map(([id, image_id, category_id, bbox, area, iscrowd]) => ({
      id,
      image_id,
      category_id,
      bbox,
      area,
      iscrowd,
    })),
  })
}

function goldenResults(): CocoResult[] {
  const rows: [number, number, number[], number][] = [
    [1, 1, [12, 12, 96, 100], 0.95],
    [1, 1, [10, 10, 100, 70], 0.8],
    [1, 1, [122, 118, 40, 36], 0.7],
    [1, 3, [52, 62, 20, 20], 0.6],
    [2, 1, [20, 20, 40, 40], 0.9],
    [2, 1, [160, 24, 30, 60], 0.85],
    [2, 1, [150, 120, 30, 30], 0.4],
    [2, 3, [100, 100, 50, 50], 0.75],
    [2, 3, [22, 18, 60, 60], 0.65],
  ]
  return rows.map(([image_id, category_id, bbox, score]) => ({
    image_id,
    category_id,
    bbox,
    score,
  }))
}

function evaluator(groundTruth: COCO, results: CocoResult[]): COCOeval {
  return new COCOeval(groundTruth, groundTruth.loadRes(results), 'bbox', { print: () => {} })
}

function runAll(evaluation: COCOeval): number[] {
  evaluation.evaluate()
  evaluation.accumulate()
  return evaluation.summarize()
}

for (const stored of readFixture<BoxCase[]>('box_cases.json')) {
  test(`as pycocotools 2.0.11, to the last bit: ${stored.name}`, (t) => {
    const groundTruth = new COCO(groundTruthOf(stored))
    const results = resultsOf(stored)
    const { accumulate, asDataset, ...changes } = stored.changes
    const detected =
      results.length > 0 && !asDataset
        ? groundTruth.loadRes(results)
        : new COCO({ ...groundTruth.dataset, annotations: results as never })
    const lines: string[] = []
    const evaluation = new COCOeval(groundTruth, detected, 'bbox', {
      print: (line) => lines.push(line),
    })
    Object.assign(evaluation.params, structuredClone(changes))
    evaluation.evaluate()
    const images = evaluation.evalImgs
    evaluation.accumulate(
      accumulate && Object.assign(evaluation.params.clone(), structuredClone(accumulate)),
    )

    const { expected } = stored
    const { precision, recall, scores } = evaluation.eval!
    t.deepEqual(storedAs(recall, expected.recall), expected.recall, 'recall')
    t.deepEqual(storedAs(precision, expected.precision), expected.precision, 'precision')
    t.deepEqual(storedAs(scores, expected.scores), expected.scores, 'scores')
    t.deepEqual(evaluation.summarize(), expected.stats, 'stats')
    t.deepEqual(lines, expected.table, 'table')

    t.is(images.length, expected.evalImgsCount)
    const rows = images.map((image) => image && Object.values(image))
    const text = JSON.stringify(rows, (_, value) =>
      ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
    )
    t.is(sha256(text), expected.evalImgs, 'evalImgs')
  })
}

test('the golden data set has the golden twelve numbers', (t) => {
  const stats = runAll(evaluator(goldenGroundTruth(), goldenResults()))
  const golden = [
    0.529125, 0.791254, 0.457921, 0.4, 0.484488, 0.9, 0.25, 0.666667, 0.666667, 0.4, 0.725, 0.9,
  ]
  t.deepEqual(
    stats.map((value) => Number(value.toFixed(6))),
    golden,
  )
  t.is(STAT_NAMES.length, 12)
})

test('a perfect detection has AP 0.9999999999999998, as 1 / (1 + 2^-52) is', (t) => {
  const groundTruth = new COCO({
    images: [{ id: 1 }],
    categories: [{ id: 1 }],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 40, 40], area: 1600, iscrowd: 0 },
    ],
  })
  const perfect = { image_id: 1, category_id: 1, bbox: [0, 0, 40, 40], score: 1 }
  t.is(runAll(evaluator(groundTruth, [perfect]))[0], 0.9999999999999998)
})

test('the order of images and of annotations in the file does not change the numbers', (t) => {
  const shuffled = goldenGroundTruth().dataset
  shuffled.images!.reverse()
  shuffled.annotations!.reverse()
  t.deepEqual(
    runAll(evaluator(new COCO(shuffled), goldenResults().reverse())),
    runAll(evaluator(goldenGroundTruth(), goldenResults())),
  )
})

test('evaluating twice gives the same numbers, and evaluating does not change the annotations', (t) => {
  const groundTruth = goldenGroundTruth()
  const before = structuredClone(groundTruth.dataset)
  const evaluation = evaluator(groundTruth, goldenResults())
  t.deepEqual(runAll(evaluation), runAll(evaluation))
  t.deepEqual(groundTruth.dataset, before)
})

test('parameters have the names and defaults of pycocotools', (t) => {
  const { params } = evaluator(goldenGroundTruth(), goldenResults())
  t.deepEqual(params.imgIds, [1, 2])
  t.deepEqual(params.catIds, [1, 3])
  t.deepEqual(params.maxDets, [1, 10, 100])
  t.deepEqual(params.areaRng, [
    [0, 1e10],
    [0, 1024],
    [1024, 9216],
    [9216, 1e10],
  ])
  t.deepEqual(params.areaRngLbl, ['all', 'small', 'medium', 'large'])
  t.is(params.useCats, 1)
  t.is(params.iouType, 'bbox')
})

test('the date is local time in the form of pycocotools', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  runAll(evaluation)
  t.regex(evaluation.eval!.date, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
})

test('ground truth id 0 warns once', (t) => {
  const groundTruth = goldenGroundTruth()
  groundTruth.dataset.annotations![0].id = 0
  groundTruth.createIndex()
  const warnings = warningsOf(() => {
    runAll(evaluator(groundTruth, goldenResults()))
    runAll(evaluator(groundTruth, goldenResults()))
  })
  t.deepEqual(warnings, [
    'pycocotools-js: dataset: a match to annotation 0 counts as unmatched, as in pycocotools; number annotations from 1',
  ])
})

test('maxDets without 100 warns that AP is -1', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  evaluation.params.maxDets = [1, 10, 300]
  const warnings = warningsOf(() => t.is(runAll(evaluation)[0], -1))
  t.deepEqual(warnings, [
    'pycocotools-js: params.maxDets is [1, 10, 300]: AP, the first number, is always taken at 100 and is -1 without it, as in pycocotools; include 100',
  ])
})

test('evaluating again after useCats = 0 warns that catIds were replaced', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  evaluation.params.useCats = 0
  t.deepEqual(
    warningsOf(() => runAll(evaluation)),
    [],
  )
  t.deepEqual(evaluation.params.catIds, [-1])
  const warnings = warningsOf(() => t.is(runAll(evaluation)[0], -1))
  t.deepEqual(warnings, [
    'pycocotools-js: params.catIds is [-1], which accumulate() left there because useCats is 0, as in pycocotools, so that nothing is evaluated; set params.catIds again',
  ])
})

test('accumulating with other lists warns of matches taken from another place', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  evaluation.evaluate()
  const params = evaluation.params.clone()
  params.catIds = [3]
  t.deepEqual(
    warningsOf(() => evaluation.accumulate(params)),
    [
      'pycocotools-js: accumulate(p): p.catIds[0] is 3, but the matches taken for it are those of 1, which had this place in evaluate(), as in pycocotools; evaluate again instead',
    ],
  )
})

/** Each changes the golden data set or results, and gives the sentence that follows. */
const badInputs: [string, (gt: COCO, results: CocoResult[]) => void, string][] = [
  [
    'a ground truth box of negative width',
    (gt) => gt.anns.get(2)!.bbox!.splice(2, 1, -3),
    'dataset: annotation 2 (image 1) has a box of width -3; repair it or leave it out',
  ],
  [
    'a ground truth box of negative height',
    (gt) => gt.anns.get(2)!.bbox!.splice(3, 1, -0.5),
    'dataset: annotation 2 (image 1) has a box of height -0.5; repair it or leave it out',
  ],
  [
    'a ground truth box with NaN',
    (gt) => gt.anns.get(2)!.bbox!.splice(0, 1, Number.NaN),
    'dataset: annotation 2 (image 1) has the box [NaN, 120, 40, 40]; a box is four finite numbers [x, y, width, height]',
  ],
  [
    'a ground truth without a box',
    (gt) => delete gt.anns.get(2)!.bbox,
    'dataset: annotation 2 (image 1) has no bbox; give it [x, y, width, height]',
  ],
  [
    'a ground truth without area',
    (gt) => delete gt.anns.get(2)!.area,
    'dataset: annotation 2 (image 1) has no area; give it one in image pixels',
  ],
  [
    'a negative area',
    (gt) => Object.assign(gt.anns.get(2)!, { area: -1 }),
    'dataset: annotation 2 (image 1) has an area of -1; repair it or leave it out',
  ],
  [
    'a ground truth without iscrowd',
    (gt) => delete gt.anns.get(2)!.iscrowd,
    'dataset: annotation 2 (image 1) has no iscrowd; give it 0 or 1',
  ],
  [
    'an iscrowd that is text',
    (gt) => Object.assign(gt.anns.get(2)!, { iscrowd: '0' }),
    'dataset: annotation 2 (image 1) has an iscrowd of "0"; give it 0 or 1',
  ],
  [
    'a result without a score',
    (_, results) => delete results[3].score,
    'results: annotation 4 (image 1) has no score; give every detection one',
  ],
  [
    'a result whose score is NaN',
    (_, results) => Object.assign(results[3], { score: Number.NaN }),
    'results: annotation 4 (image 1) has a score of NaN; repair it or leave it out',
  ],
]
for (const [name, spoil, message] of badInputs) {
  test(`evaluate() rejects ${name}`, (t) => {
    const groundTruth = goldenGroundTruth()
    const results = goldenResults()
    spoil(groundTruth, results)
    const evaluation = evaluator(groundTruth, results)
    t.throws(() => evaluation.evaluate(), { instanceOf: CocoError, message })
  })
}

test('an annotation id that is no number is rejected, since matches are numbers', (t) => {
  const groundTruth = goldenGroundTruth()
  groundTruth.dataset.annotations![1].id = 'two'
  groundTruth.createIndex()
  t.throws(() => evaluator(groundTruth, goldenResults()).evaluate(), {
    instanceOf: CocoError,
    message:
      'dataset: annotation "two" (image 1) has an id that is not a number; matches are kept as numbers, so number the annotations from 1',
  })
})

test('image ids of two kinds are rejected, since they have no order', (t) => {
  const groundTruth = goldenGroundTruth()
  groundTruth.dataset.images!.push({ id: 'three' })
  groundTruth.createIndex()
  t.throws(() => evaluator(groundTruth, goldenResults()), {
    instanceOf: CocoError,
    message:
      'dataset: mixes numbers such as 1 and text such as "three", which have no common order; use one kind of id',
  })
})

test('other kinds of evaluation are refused until they are written', (t) => {
  const groundTruth = goldenGroundTruth()
  t.throws(() => new COCOeval(groundTruth, groundTruth, 'segm' as 'bbox'), {
    instanceOf: CocoError,
    message: "COCOeval: iouType 'segm' is not supported yet; use 'bbox'",
  })
})

test('steps out of order, and parameters that cannot work, are named', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  t.deepEqual(evaluation.evalImgs, [])
  t.throws(() => evaluation.accumulate(), {
    instanceOf: CocoError,
    message: 'accumulate: nothing is evaluated yet; call evaluate() first',
  })
  t.throws(() => evaluation.summarize(), {
    instanceOf: CocoError,
    message: 'summarize: nothing is accumulated yet; call accumulate() first',
  })
  evaluation.params.maxDets = [10, 100]
  t.throws(() => runAll(evaluation), {
    instanceOf: CocoError,
    message: 'summarize: params.maxDets has 2 entries; give three, such as [1, 10, 100]',
  })
  evaluation.params.maxDets = []
  t.throws(() => runAll(evaluation), {
    instanceOf: CocoError,
    message: 'evaluate: params.maxDets is []; give whole numbers, such as [1, 10, 100]',
  })
  evaluation.params.maxDets = [1, 10, 100]
  evaluation.params.iouThrs = [0.5, Number.NaN]
  t.throws(() => runAll(evaluation), {
    instanceOf: CocoError,
    message: 'evaluate: params.iouThrs holds [0.5, NaN]; give numbers only',
  })
  evaluation.params.iouThrs = [0.5]
  evaluation.evaluate()
  evaluation.params.catIds = [1, 3, 3]
  t.throws(() => evaluation.accumulate(), {
    instanceOf: CocoError,
    message: 'accumulate: params.catIds[2] is past the 2 that evaluate() used; evaluate again',
  })
  evaluation.params.catIds = [1, 3]
  evaluation.params.iouThrs = []
  t.throws(() => evaluation.accumulate(), {
    instanceOf: CocoError,
    message: 'accumulate: params.iouThrs has 0 thresholds, but evaluate() used 1; evaluate again',
  })
})
