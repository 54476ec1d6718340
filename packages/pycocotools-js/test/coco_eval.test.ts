import test from 'ava'
import {
  COCO,
  COCOeval,
  CocoError,
  type CocoResult,
  type IouType,
  KEYPOINT_STAT_NAMES,
  STAT_NAMES,
  statNames,
} from '../source/index.js'
import { evaluateCase, readFixture, type StoredCase } from './cases.js'
import {
  PERSON_RESULTS,
  PERSON_STATS,
  PERSONS,
  PET_RESULTS,
  PET_STATS,
  PETS,
} from './golden_set.js'
import { warningsOf } from './warnings_of.js'

test.before(() => {
  console.warn = () => {} // traps among the cases warn; warnings have their own tests
})

/** Their numbers are known from pycocotools: two images, categories 1 and 3, one crowd. */
const goldenGroundTruth = () => new COCO(structuredClone(PETS))
const goldenResults = () => structuredClone(PET_RESULTS)

function evaluator(groundTruth: COCO, results: CocoResult[], iouType: IouType = 'bbox'): COCOeval {
  return new COCOeval(groundTruth, groundTruth.loadRes(results), iouType, { print: () => {} })
}

function runAll(evaluation: COCOeval): number[] {
  evaluation.evaluate()
  evaluation.accumulate()
  return evaluation.summarize()
}

for (const kind of ['box', 'segm', 'keypoint']) {
  for (const stored of readFixture<StoredCase[]>(`${kind}_cases.json`)) {
    test(`as pycocotools 2.0.11, to the last bit: ${kind}, ${stored.name}`, (t) => {
      t.deepEqual(evaluateCase(stored), stored.expected)
    })
  }
}

test('the golden data set has the golden twelve numbers, of boxes and of the same boxes as masks', (t) => {
  t.deepEqual(runAll(evaluator(goldenGroundTruth(), goldenResults())), PET_STATS)
  t.deepEqual(runAll(evaluator(goldenGroundTruth(), goldenResults(), 'segm')), PET_STATS)
  t.is(STAT_NAMES.length, 12)
})

test('the golden persons have the golden ten numbers', (t) => {
  const persons = new COCO(PERSONS)
  t.deepEqual(runAll(evaluator(persons, PERSON_RESULTS, 'keypoints')), PERSON_STATS)
  t.is(KEYPOINT_STAT_NAMES.length, 10)
  t.is(statNames('keypoints'), KEYPOINT_STAT_NAMES)
  t.is(statNames('segm'), STAT_NAMES)
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

test('of keypoints, 20 detections count, and there is no small area', (t) => {
  const { params } = evaluator(new COCO(PERSONS), PERSON_RESULTS, 'keypoints')
  t.deepEqual(params.maxDets, [20])
  t.deepEqual(params.areaRng, [
    [0, 1e10],
    [1024, 9216],
    [9216, 1e10],
  ])
  t.deepEqual(params.areaRngLbl, ['all', 'medium', 'large'])
  t.is(params.kpt_oks_sigmas.length, 17)
})

test('computeIoU gives detections by falling score, ground truths in file order', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  t.throws(() => evaluation.computeIoU(2, 3), {
    instanceOf: CocoError,
    message: 'computeIoU: nothing is evaluated yet; call evaluate() first',
  })
  evaluation.evaluate()
  const { data, shape } = evaluation.computeIoU(2, 3)
  t.deepEqual(shape, [2, 1])
  t.deepEqual([...data], [0, (58 * 58) / (2 * 3600 - 58 * 58)]) // the surer one is elsewhere
  t.deepEqual(evaluation.computeIoU(2, 99), { data: new Float64Array(0), shape: [0, 0] })
  t.deepEqual(evaluation.computeIoU(1, 1).shape, [3, 2])
})

test('a failed evaluation leaves no numbers of the one before', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  runAll(evaluation)
  evaluation.cocoGt.anns.get(2)!.area = -1
  t.throws(() => evaluation.evaluate(), { instanceOf: CocoError })
  t.is(evaluation.eval, null)
  t.throws(() => evaluation.accumulate(), { instanceOf: CocoError })
})

test('the date is local time in the form of pycocotools', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  runAll(evaluation)
  t.regex(evaluation.eval!.date, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
})

test('maxDets without 100 warns that AP is -1', (t) => {
  const evaluation = evaluator(goldenGroundTruth(), goldenResults())
  evaluation.params.maxDets = [1, 10, 300]
  const warnings = warningsOf(() => t.is(runAll(evaluation)[0], -1))
  t.deepEqual(warnings, [
    'pycocotools-js: params.maxDets is [1, 10, 300]: AP, the first number, is always taken at 100 and is -1 without it, as in pycocotools; include 100',
  ])
})

test('keypoints with maxDets without 20 warn that all numbers are -1', (t) => {
  const evaluation = evaluator(new COCO(PERSONS), PERSON_RESULTS, 'keypoints')
  evaluation.params.maxDets = [10]
  const warnings = warningsOf(() => t.deepEqual(runAll(evaluation), new Array(10).fill(-1)))
  t.deepEqual(warnings, [
    'pycocotools-js: params.maxDets is [10]: the numbers of keypoints are always taken at 20 and are -1 without it, as in pycocotools; include 20',
  ])
})

test('keypoints with useCats = 0 warn that nothing is matched', (t) => {
  const evaluation = evaluator(new COCO(PERSONS), PERSON_RESULTS, 'keypoints')
  evaluation.params.useCats = 0
  const warnings = warningsOf(() => t.is(runAll(evaluation)[0], 0))
  t.deepEqual(warnings, [
    'pycocotools-js: keypoints are not compared if params.useCats is 0, as in pycocotools, so that nothing is matched; set useCats to 1',
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
type BadInput = [string, (gt: COCO, results: CocoResult[]) => void, string]
const badInputs: BadInput[] = [
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
    'a negative area',
    (gt) => Object.assign(gt.anns.get(2)!, { area: -1 }),
    'dataset: annotation 2 (image 1) has an area of -1; repair it or leave it out',
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

/**
 * Each spoils the golden data set for masks. Annotation 3 has a detection to be compared with,
 * annotation 7 has none.
 */
const badMasks: BadInput[] = [
  [
    'a ground truth without a mask',
    (gt) => delete gt.anns.get(3)!.segmentation,
    'dataset: annotation 3 (image 1) has no segmentation; give it polygons or run lengths { size, counts }',
  ],
  [
    'a mask of no known form',
    (gt) => Object.assign(gt.anns.get(7)!, { segmentation: 'circle' }),
    'dataset: annotation 7 (image 2) has the segmentation "circle"; give it polygons or run lengths { size, counts }',
  ],
  [
    'run lengths that do not add up',
    (gt) => Object.assign(gt.anns.get(3)!, { segmentation: { size: [9, 9], counts: [80, 3] } }),
    'dataset: annotation 3 (image 1) has runs of 83 pixels in all, where its size [9, 9] has 81; repair its counts or its size',
  ],
  [
    'an unusable polygon that nothing is compared with',
    (gt) => Object.assign(gt.anns.get(7)!, { segmentation: [[1, 2]] }),
    'dataset: annotation 7 (image 2) has a first polygon of 2 numbers; a polygon has 6 numbers or more, x1 y1 x2 y2 x3 y3 ...',
  ],
  [
    'an unusable mask of a detection that nothing is compared with',
    (_, results) =>
      results.push({
        ...{ image_id: 1, category_id: 9, bbox: [0, 0, 1, 1], score: 1 },
        segmentation: { size: [9, 9], counts: '0' },
      }),
    'results: annotation 10 (image 1) has runs of 0 pixels in all, where its size [9, 9] has 81; repair its counts or its size',
  ],
  [
    'a polygon in an image without size',
    (gt) => delete gt.imgs.get(1)!.width,
    'dataset: annotation 3 (image 1) is a polygon, but its image has no width; polygons take their size from the image: give it height and width in pixels',
  ],
]
for (const [name, spoil, message] of badMasks) {
  test(`evaluate() of masks rejects ${name}`, (t) => {
    const groundTruth = goldenGroundTruth()
    const [, , , , , last] = groundTruth.dataset.annotations!
    groundTruth.dataset.annotations!.push({ ...last, id: 7, category_id: 9 })
    groundTruth.dataset.categories!.push({ id: 9, name: 'bird' })
    groundTruth.createIndex()
    const results = goldenResults()
    spoil(groundTruth, results)
    const evaluation = evaluator(groundTruth, results, 'segm')
    evaluation.params.catIds = [3, 9]
    t.throws(() => evaluation.evaluate(), { instanceOf: CocoError, message })
  })
}

test('evaluate() of masks rejects a polygon in an image that is not in the file', (t) => {
  const groundTruth = goldenGroundTruth()
  groundTruth.anns.get(3)!.image_id = 5
  groundTruth.createIndex()
  const evaluation = evaluator(groundTruth, goldenResults(), 'segm')
  evaluation.params.imgIds = [1, 2, 5]
  t.throws(() => evaluation.evaluate(), {
    instanceOf: CocoError,
    message:
      'dataset: annotation 3 (image 5) is a polygon, but there is no image 5; polygons take their size from the image: give it height and width in pixels',
  })
})

const badKeypoints: BadInput[] = [
  [
    'a ground truth without keypoints',
    (gt) => delete gt.anns.get(2)!.keypoints,
    'dataset: annotation 2 (image 2) has no list of keypoints; give it one, x y visibility of each keypoint',
  ],
  [
    'another number of keypoints than there are sigmas',
    (gt) => (gt.anns.get(2)!.keypoints as number[]).splice(48),
    'dataset: annotation 2 (image 2) has 48 numbers in keypoints, but params.kpt_oks_sigmas has 17 entries; give x y visibility of each keypoint, and each keypoint a sigma (--sigmas)',
  ],
  [
    'a keypoint that is NaN',
    (gt) => (gt.anns.get(2)!.keypoints as number[]).splice(4, 1, Number.NaN),
    'dataset: annotation 2 (image 2) has NaN in keypoints, at [4]; repair it or leave it out',
  ],
  [
    'a ground truth without num_keypoints',
    (gt) => delete gt.anns.get(2)!.num_keypoints,
    'dataset: annotation 2 (image 2) has no num_keypoints; give it the number of its labelled keypoints',
  ],
  [
    'a num_keypoints that is text',
    (gt) => Object.assign(gt.anns.get(2)!, { num_keypoints: '17' }),
    'dataset: annotation 2 (image 2) has a num_keypoints of "17"; give it the number of its labelled keypoints',
  ],
  [
    'a ground truth without a box',
    (gt) => delete gt.anns.get(2)!.bbox,
    'dataset: annotation 2 (image 2) has no bbox; give it [x, y, width, height]',
  ],
  [
    'a detection with too few keypoints',
    (_, results) => (results[1].keypoints as number[]).splice(3),
    'results: annotation 2 (image 2) has 3 numbers in keypoints, but params.kpt_oks_sigmas has 17 entries; give x y visibility of each keypoint, and each keypoint a sigma (--sigmas)',
  ],
]
for (const [name, spoil, message] of badKeypoints) {
  test(`evaluate() of keypoints rejects ${name}`, (t) => {
    const groundTruth = new COCO(structuredClone(PERSONS))
    const results = structuredClone(PERSON_RESULTS)
    spoil(groundTruth, results)
    const evaluation = evaluator(groundTruth, results, 'keypoints')
    t.throws(() => evaluation.evaluate(), { instanceOf: CocoError, message })
  })
}

test('parameters that are text are shown in quotes', (t) => {
  for (const [changes, message] of [
    [
      { maxDets: ['1', 10, 100] },
      'params.maxDets is ["1", 10, 100]; give whole numbers, such as [1, 10, 100]',
    ],
    [{ iouThrs: ['0.5'] }, 'params.iouThrs holds ["0.5"]; give numbers only'],
    [
      { kpt_oks_sigmas: ['a'] },
      'params.kpt_oks_sigmas is ["a"]; give a positive number for each keypoint',
    ],
  ] as const) {
    const evaluation = evaluator(goldenGroundTruth(), goldenResults())
    Object.assign(evaluation.params, changes)
    t.throws(() => evaluation.evaluate(), { message: `evaluate: ${message}` })
  }
})

test('NaN is no fault where no number is read', async (t) => {
  const text = JSON.stringify({ ...PETS, info: 'NaN', licenses: ['NaN'] })
    .replaceAll('"NaN"', 'NaN')
    .replaceAll('"iscrowd":0', '"iscrowd":0,"score":NaN,"num_keypoints":NaN,"depth":[NaN,Infinity]')
  const groundTruth = await COCO.load(new TextEncoder().encode(text))
  const results = JSON.stringify(PET_RESULTS).replaceAll(
    '"score"',
    '"area":NaN,"id":NaN,"iscrowd":NaN,"x":NaN,"score"',
  )
  const detected = await groundTruth.loadRes(new TextEncoder().encode(results))
  for (const iouType of ['bbox', 'segm'] as const)
    t.deepEqual(
      runAll(new COCOeval(groundTruth, detected, iouType, { print: () => {} })),
      PET_STATS,
    )
})

test('sigmas that are not positive are rejected', (t) => {
  const evaluation = evaluator(new COCO(PERSONS), PERSON_RESULTS, 'keypoints')
  evaluation.params.kpt_oks_sigmas = [0.1, 0]
  t.throws(() => evaluation.evaluate(), {
    instanceOf: CocoError,
    message:
      'evaluate: params.kpt_oks_sigmas is [0.1, 0]; give a positive number for each keypoint',
  })
})

test('an annotation without category_id is rejected', (t) => {
  const { images, annotations } = structuredClone(PETS)
  delete annotations![2].category_id
  const groundTruth = new COCO({ images, annotations })
  const empty = new COCO({ images, annotations: [], categories: [] })
  for (const useCats of [0, 1]) {
    const evaluation = new COCOeval(empty, groundTruth, 'bbox')
    Object.assign(evaluation.params, { useCats, catIds: [1, 3] })
    t.throws(() => evaluation.evaluate(), {
      instanceOf: CocoError,
      message: 'dataset: annotation 3 (image 1) has no category_id; give it one',
    })
  }
})

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

test('an unknown kind of evaluation is refused', (t) => {
  const groundTruth = goldenGroundTruth()
  t.throws(() => new COCOeval(groundTruth, groundTruth, 'masks' as 'bbox'), {
    instanceOf: CocoError,
    message: "COCOeval: iouType is 'masks'; use 'bbox', 'segm', 'keypoints'",
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
