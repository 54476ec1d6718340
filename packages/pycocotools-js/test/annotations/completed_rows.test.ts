import test from 'ava'
import {
  COCO,
  COCOeval,
  type CocoAnnotation,
  type CocoDataset,
  CocoError,
  mask,
} from '../../source/index.js'
import {
  PERSON_RESULTS,
  PERSON_STATS,
  PERSONS,
  PET_RESULTS,
  PET_STATS,
  PETS,
} from '../golden_set.js'
import { warningsOf } from '../warnings_of.js'

/** A data set, changed, as objects and as a file. */
async function bothForms(
  change: (annotations: CocoAnnotation[]) => void,
  original: CocoDataset = PETS,
): Promise<COCO[]> {
  const dataset = structuredClone(original)
  change(dataset.annotations!)
  const bytes = new TextEncoder().encode(JSON.stringify(dataset))
  return [new COCO(dataset, 'gt.json'), await COCO.load(bytes, { name: 'gt.json' })]
}

function setAll(annotations: CocoAnnotation[], key: string, value?: null): void {
  for (const annotation of annotations) {
    if (value === null) annotation[key] = null
    else delete annotation[key]
  }
}

/** The numbers, and what was reported about the ground truth. */
function evaluated(groundTruth: COCO, iouType: 'bbox' | 'segm' | 'keypoints' = 'bbox') {
  let stats: number[] = []
  const warnings = warningsOf(() => {
    const detected = groundTruth.loadRes(iouType === 'keypoints' ? PERSON_RESULTS : PET_RESULTS)
    for (let i = 0; i < 2; i++) {
      const evaluation = new COCOeval(groundTruth, detected, iouType, { print: () => {} })
      evaluation.evaluate()
      evaluation.accumulate()
      stats = evaluation.summarize()
    }
  })
  return { stats, warnings }
}

/** Data set without its crowd, annotation 4, which would then be missed. */
const WITHOUT_CROWD = { ...PETS, annotations: PETS.annotations!.filter(({ id }) => id !== 4) }

for (const value of [undefined, null] as const) {
  const name = value === null ? 'null' : 'absent'

  test(`an iscrowd that is ${name} reads as 0`, async (t) => {
    const expected = evaluated(new COCO(structuredClone(WITHOUT_CROWD))).stats
    for (const groundTruth of await bothForms(
      (annotations) => setAll(annotations, 'iscrowd', value),
      WITHOUT_CROWD,
    )) {
      const { stats, warnings } = evaluated(groundTruth)
      t.deepEqual(stats, expected)
      t.deepEqual(warnings, ['pycocotools-js: gt.json: 5 annotations have no iscrowd, read as 0'])
      t.deepEqual(groundTruth.getAnnIds({ iscrowd: 0 }), [1, 2, 3, 5, 6])
    }
  })

  test(`an area that is ${name} is that of the mask, or else of the box`, async (t) => {
    for (const groundTruth of await bothForms((annotations) => {
      setAll(annotations, 'area', value)
      annotations[0].segmentation = [[0, 0, 10, 0, 10, 10, 0, 10]]
      annotations[1].segmentation = { size: [200, 200], counts: [5, 7, 39988] }
      annotations[2].segmentation = [[0, 0, 3, 3]] // cannot be drawn: a line
      annotations[3].segmentation = [[]]
      delete annotations[4].segmentation
      annotations[5].area = 7
    })) {
      t.deepEqual(
        Array.from({ length: 6 }, (_, row) => groundTruth.rows.area(row)),
        [100, 7, 400, 22500, 1800, 7],
      )
      t.deepEqual(evaluated(groundTruth).warnings, [
        'pycocotools-js: gt.json: 5 annotations have no area, read as that of the mask or, where no mask can be drawn, of the box',
      ])
      t.deepEqual(groundTruth.getAnnIds({ areaRng: [99, 401] }), [1, 3])
    }
  })

  test(`ids that are ${name} count from 1`, async (t) => {
    for (const groundTruth of await bothForms((annotations) => setAll(annotations, 'id', value))) {
      const { stats, warnings } = evaluated(groundTruth)
      t.deepEqual(stats, PET_STATS)
      t.deepEqual(warnings, [
        'pycocotools-js: gt.json: 6 annotations have no id, and are numbered from 1, or on from the largest',
      ])
      t.deepEqual(groundTruth.getAnnIds(), [1, 2, 3, 4, 5, 6])
      t.deepEqual(groundTruth.loadAnns(3), groundTruth.imgToAnns.get(1)!.slice(2))
    }
  })
}

test('where some have ids, the others count on from the largest', async (t) => {
  for (const groundTruth of await bothForms((annotations) => {
    setAll([annotations[1], annotations[5]], 'id')
    annotations[4].id = 40
  })) {
    t.deepEqual(groundTruth.getAnnIds(), [1, 41, 3, 4, 40, 42])
    t.deepEqual(evaluated(groundTruth).stats, PET_STATS)
  }
})

test('keypoints need no area, id or iscrowd either', async (t) => {
  for (const groundTruth of await bothForms((annotations) => {
    for (const key of ['id', 'iscrowd']) setAll(annotations, key)
  }, PERSONS))
    t.deepEqual(evaluated(groundTruth, 'keypoints').stats, PERSON_STATS)
  const [without] = await bothForms((annotations) => setAll(annotations, 'area'), PERSONS)
  const [boxes] = await bothForms((annotations) => {
    for (const annotation of annotations)
      annotation.area = annotation.bbox![2] * annotation.bbox![3]
  }, PERSONS)
  t.deepEqual(evaluated(without, 'keypoints').stats, evaluated(boxes, 'keypoints').stats)
})

test('of masks, the area is what mask.area gives', async (t) => {
  const [groundTruth] = await bothForms((annotations) => setAll(annotations, 'area'))
  for (const [row, annotation] of [...groundTruth.rows].entries())
    t.is(groundTruth.rows.area(row), mask.area(groundTruth.annToRLE(annotation)))
})

test('what stands there and is of no use has no default', async (t) => {
  for (const [change, message] of [
    [{ area: '12' }, 'has an area of "12"; '],
    [{ iscrowd: 'no' }, 'has an iscrowd of "no"; '],
  ] as const) {
    const [, file] = await bothForms((annotations) => Object.assign(annotations[1], change))
    t.throws(() => evaluated(file), {
      instanceOf: CocoError,
      message: new RegExp(`^gt\\.json: annotation 2 \\(image 1\\) ${message}`),
    })
  }
})

test('an annotation with neither mask nor box has no area', async (t) => {
  for (const groundTruth of await bothForms(([first]) => {
    delete first.area
    delete first.bbox
    delete first.segmentation
  }))
    t.throws(() => evaluated(groundTruth, 'segm'), {
      message: 'gt.json: annotation 1 (image 1) has no area; give it one in image pixels',
    })
})

test('an annotation without id has a name in errors', async (t) => {
  for (const groundTruth of await bothForms((annotations) => {
    setAll(annotations, 'id')
    delete annotations[2].bbox
  })) {
    t.throws(() => evaluated(groundTruth), {
      message: 'gt.json: annotation 3 (image 1) has no bbox; give it [x, y, width, height]',
    })
    const [annotation] = groundTruth.loadAnns(3)
    delete annotation.segmentation
    t.throws(() => groundTruth.annToRLE(annotation), {
      message: /^gt\.json: an annotation without id \(image 1\) has no segmentation; /,
    })
  }
})
