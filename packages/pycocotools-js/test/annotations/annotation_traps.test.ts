import test from 'ava'
import { annotationTraps, COCO, COCOeval, type CocoAnnotation } from '../../source/index.js'
import { PET_RESULTS, PET_STATS, PETS } from '../golden_set.js'
import { warningsOf } from '../warnings_of.js'

/** The golden data set, changed, as objects and as a file. */
async function bothForms(change: (annotations: CocoAnnotation[]) => void): Promise<COCO[]> {
  const dataset = structuredClone(PETS)
  change(dataset.annotations!)
  const bytes = new TextEncoder().encode(JSON.stringify(dataset))
  return [new COCO(dataset, 'gt.json'), await COCO.load(bytes, { name: 'gt.json' })]
}

function warningsOfEvaluation(groundTruth: COCO): string[] {
  return warningsOf(() => {
    for (let i = 0; i < 2; i++)
      new COCOeval(groundTruth, groundTruth.loadRes(PET_RESULTS), 'bbox').evaluate()
  })
}

const traps: [string, (annotations: CocoAnnotation[]) => void, object, string][] = [
  [
    'id 0',
    (annotations) => Object.assign(annotations[1], { id: 0 }),
    { count: 1, first: 0 },
    '1 annotation has the id 0, first annotation 0 (image 1); a match to it counts as unmatched, as in pycocotools; number annotations from 1',
  ],
  [
    'repeated ids',
    (annotations) => {
      annotations[3].id = 2
      annotations[4].id = 1
    },
    { count: 2, first: 2 },
    '2 annotations have the id of one before, first annotation 2 (image 2); the last of an id is taken for all that have it, as in pycocotools; give each its own',
  ],
  [
    'ignore',
    ([a, b, c, crowd, e]) => {
      Object.assign(a, { ignore: 0 })
      Object.assign(b, { ignore: 1 })
      Object.assign(c, { ignore: true })
      Object.assign(crowd, { ignore: 1 }) // which is as it is meant
      Object.assign(e, { ignore: false })
    },
    { count: 2, first: 2 },
    '2 annotations have ignore set, first annotation 2 (image 1); that changes nothing, since iscrowd overwrites it, as in pycocotools; set iscrowd to 1 to leave such out',
  ],
  [
    'only crowds',
    (annotations) => {
      for (const annotation of annotations) annotation.iscrowd = 1
    },
    { count: 6, first: 1 },
    '6 annotations have iscrowd set, first annotation 1 (image 1), and none is without it, so that nothing counts and every number is -1, as in pycocotools; set iscrowd to 0 for single objects',
  ],
]
for (const [trap, change, found, sentence] of traps) {
  test(`the trap '${trap}' is found in objects and in columns, and told once`, async (t) => {
    for (const groundTruth of await bothForms(change)) {
      const message = `gt.json: ${sentence}`
      t.deepEqual(annotationTraps(groundTruth) as object[], [{ trap, ...found, message }])
      t.deepEqual(warningsOfEvaluation(groundTruth), [`pycocotools-js: ${message}`])
    }
  })
}

test('a sound file has no traps, nor has one without annotations', async (t) => {
  for (const groundTruth of await bothForms(() => {})) t.deepEqual(annotationTraps(groundTruth), [])
  for (const groundTruth of await bothForms((annotations) => annotations.splice(0)))
    t.deepEqual(annotationTraps(groundTruth), [])
})

test('ignore does not change the numbers', async (t) => {
  for (const groundTruth of await bothForms((annotations) => {
    for (const annotation of annotations) annotation.ignore = 1
  })) {
    const options = { print: () => {}, warn: () => {} }
    const evaluation = new COCOeval(groundTruth, groundTruth.loadRes(PET_RESULTS), 'bbox', options)
    evaluation.evaluate()
    evaluation.accumulate()
    t.deepEqual(evaluation.summarize(), PET_STATS)
  }
})

test('where nothing counts among what is evaluated, a warning says so', async (t) => {
  const [groundTruth] = await bothForms(() => {})
  const warnings = warningsOf(() => {
    const evaluation = new COCOeval(groundTruth, groundTruth.loadRes(PET_RESULTS), 'bbox')
    evaluation.params.imgIds = [99]
    evaluation.evaluate()
  })
  t.deepEqual(warnings, [
    'pycocotools-js: gt.json: no annotation counts among the images and categories that are evaluated, so that every number is -1, as in pycocotools; look at params.imgIds, params.catIds, iscrowd and num_keypoints',
  ])
})
