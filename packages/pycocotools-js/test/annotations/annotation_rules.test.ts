import test from 'ava'
import { ObjectRows } from '../../source/annotations/object_rows.js'
import {
  type AnnotationFault,
  annotationRules,
  type CocoAnnotation,
  type CocoDataset,
  CocoError,
  readAnnotations,
} from '../../source/index.js'

const dataset: CocoDataset = {
  images: [
    { id: 3, height: 4, width: 5 },
    { id: 'a', height: 5, width: 4 },
    { id: 8 },
    { id: 9, height: 4, width: '5' as never },
    { id: 10, height: 4 },
  ],
  categories: [{ id: 1, name: 'cat' }],
}
const sound = {
  id: 7,
  image_id: 3,
  category_id: 1,
  bbox: [0, 0.5, 2, 3],
  area: 6,
  iscrowd: 0,
  segmentation: [[0, 0, 4, 0, 4, 3]],
}

/** The faults of annotations, each made from `sound` by a change, after a way through JSON. */
async function faultsOf(
  changes: readonly object[],
  options = { masks: true },
): Promise<(AnnotationFault | undefined)[]> {
  const annotations = changes.map((change) => ({ ...sound, ...change }))
  const text = JSON.stringify({ ...dataset, annotations }).replaceAll('"NaN"', 'NaN')
  const file = await readAnnotations(new TextEncoder().encode(text))
  return Array.from(annotations, (_, row) => annotationRules(file, options)(row))
}

function sentence(fault: AnnotationFault | undefined): string | undefined {
  return fault && `${fault.subject} ${fault.what}; ${fault.fix} | ${fault.kind}`
}

const absent = undefined
const polygonRule = 'a polygon is a list of numbers x1 y1 x2 y2 x3 y3 ..., three pairs or more'
const idRule = 'an id is text or a number within 2^53'
const runs = (size: unknown, counts: unknown) => ({ segmentation: { size, counts } })

const faulty: [object, string][] = [
  [{ id: [1] }, `annotations[0] has the id [1]; ${idRule} | with an unusable id`],
  [{ id: 2 ** 60 }, `annotations[0] has the id ${2 ** 60}; ${idRule} | with an unusable id`],
  [
    { id: 'two' },
    'annotation "two" (image 3) has an id that is not a number; matches are kept as numbers, so number the annotations from 1 | with an id that is not a number',
  ],
  [
    { image_id: absent },
    'annotation 7 has no image_id; repair it or leave it out | without an image_id',
  ],
  [
    { image_id: 4 },
    'annotation 7 (image 4) has the image_id 4, which no image has; repair it or leave it out | of an unknown image',
  ],
  [
    { image_id: '3' },
    'annotation 7 (image "3") has the image_id "3", which no image has; write it as there, 3: ids of text and numbers are different | of an unknown image',
  ],
  [
    { category_id: '1' },
    'annotation 7 (image 3) has the category_id "1", which no category has; write it as there, 1: ids of text and numbers are different | of an unknown category',
  ],
  [
    { category_id: null },
    'annotation 7 (image 3) has no category_id; repair it or leave it out | without a category_id',
  ],
  [
    { bbox: absent },
    'annotation 7 (image 3) has no bbox; give it [x, y, width, height] | without a box',
  ],
  [
    { bbox: ['0', 0, 'NaN', 1] },
    'annotation 7 (image 3) has the box ["0", 0, NaN, 1]; a box is four finite numbers [x, y, width, height] | with a box that is not four finite numbers',
  ],
  [
    { bbox: [0, 0, 1, -3] },
    'annotation 7 (image 3) has a box of height -3; repair it or leave it out | with a box of negative size',
  ],
  [
    { area: -3 },
    'annotation 7 (image 3) has an area of -3; repair it or leave it out | of negative area',
  ],
  [
    { area: '6' },
    'annotation 7 (image 3) has an area of "6"; repair it or leave it out | with an unusable area',
  ],
  [
    { area: 'NaN' },
    'annotation 7 (image 3) has an area of NaN; repair it or leave it out | with an unusable area',
  ],
  [
    { iscrowd: '0' },
    'annotation 7 (image 3) has an iscrowd of "0"; give it 0 or 1 | with an unusable iscrowd',
  ],
  ...[absent, null].map((segmentation): [object, string] => [
    { segmentation },
    'annotation 7 (image 3) has no segmentation; give it polygons or run lengths { size, counts } | without a mask',
  ]),
  ...[[], [[]], [[], []]].map((segmentation): [object, string] => [
    { segmentation },
    'annotation 7 (image 3) has an empty segmentation; give it polygons or run lengths { size, counts } | without a mask',
  ]),
  [
    { segmentation: 'mask.png' },
    'annotation 7 (image 3) has the segmentation "mask.png"; give it polygons or run lengths { size, counts } | without a mask',
  ],
  [
    { image_id: 8 },
    'annotation 7 (image 8) is a polygon, but its image has no height and width; polygons take their size from the image: give it height and width in pixels | with a mask that cannot be drawn',
  ],
  [
    { image_id: 9 },
    'annotation 7 (image 9) is a polygon, but its image has the height 4 and the width "5"; polygons take their size from the image: give it height and width in pixels | with a mask that cannot be drawn',
  ],
  [
    { image_id: 10 },
    'annotation 7 (image 10) is a polygon, but its image has no width; polygons take their size from the image: give it height and width in pixels | with a mask that cannot be drawn',
  ],
  ...(
    [
      [{ segmentation: [[40, 30, 40, 33]] }, `has a polygon [0] of 4 numbers; ${polygonRule}`],
      [
        { segmentation: [...sound.segmentation, [1, 1, 2, 2]] },
        `has a polygon [1] of 4 numbers; ${polygonRule}`,
      ],
      [{ segmentation: [[0, 0, 4, 0, 4, 3, 1]] }, `has a polygon [0] of 7 numbers; ${polygonRule}`],
      [
        { segmentation: [...sound.segmentation, []] },
        `has a polygon [1] of 0 numbers; ${polygonRule}`,
      ],
      [
        {
          segmentation: [
            [
              [0, 0],
              [4, 0],
              [4, 3],
            ],
          ],
        },
        'has a polygon [0] of lists; write its points one after the other in one list, x1 y1 x2 y2 x3 y3 ...',
      ],
      [{ segmentation: [null] }, `has null as polygon [0]; ${polygonRule}`],
      [{ segmentation: [0, 0, 4, 0, 4, 3] }, `has 0 as polygon [0]; ${polygonRule}`],
      [
        { segmentation: [[0, 0, 4, 'NaN', 4, 3]] },
        'has the coordinate NaN at [3], in polygon [0]; coordinates are numbers of pixels, within 429 million of 0',
      ],
      [
        { segmentation: [[0, 0, 4, 0, 4, 1e9]] },
        'has the coordinate 1000000000 at [5], in polygon [0]; coordinates are numbers of pixels, within 429 million of 0',
      ],
      [
        runs([4, 5], [4, 2, 13]),
        'has runs of 19 pixels in all, where its size [4, 5] has 20; repair its counts or its size',
      ],
      [
        runs([4, 5], ''),
        'has runs of 0 pixels in all, where its size [4, 5] has 20; repair its counts or its size',
      ],
      [
        runs([4, 5], '423'),
        'has runs of 9 pixels in all, where its size [4, 5] has 20; repair its counts or its size',
      ],
      [
        runs([4, 5], [4, '2', 14]),
        'has "2" as run [1]; a run is a whole number of pixels, 0 to 2^32 - 1',
      ],
      [
        runs([4, 5], "b'42>'"),
        'has counts with the byte 39 at 1; compressed counts hold the characters "0" to "o", bytes 48 to 111',
      ],
      [
        runs(['4', 5], [20]),
        'has the size ["4", 5]; a size is [height, width], whole numbers, with fewer than 2^32 pixels in all',
      ],
    ] as const
  ).map(([change, rest]): [object, string] => [
    change,
    `annotation 7 (image 3) ${rest} | with a mask that cannot be drawn`,
  ]),
  [
    runs([5, 4], [4, 2, 14]),
    'annotation 7 (image 3) has a mask of 4 x 5 pixels, but its image is 5 x 4; a size is [height, width] | with a mask of another size than its image',
  ],
  [
    runs([2, 2], '4'),
    'annotation 7 (image 3) has a mask of 2 x 2 pixels, but its image is 5 x 4; make the mask for this image | with a mask of another size than its image',
  ],
]
for (const [change, message] of faulty) {
  test(`refused: ${JSON.stringify(change)} (${message.slice(0, 60)})`, async (t) => {
    t.deepEqual((await faultsOf([change])).map(sentence), [message])
  })
}

test('what may be left out does not hide a mask that cannot be drawn', async (t) => {
  const changes = [{ id: absent }, { area: null }, { iscrowd: absent }]
  const faults = await faultsOf(changes.map((change) => ({ ...change, segmentation: [[1, 2]] })))
  t.deepEqual(
    faults.map((fault) => `${fault?.subject} ${fault?.what}`),
    [
      'annotations[0] has a polygon [0] of 2 numbers',
      'annotation 7 (image 3) has a polygon [0] of 2 numbers',
      'annotation 7 (image 3) has a polygon [0] of 2 numbers',
    ],
  )
})

test('sound annotations have no fault, whatever they leave out', async (t) => {
  const changes = [
    {},
    { id: absent },
    { id: null, area: null, iscrowd: null },
    { id: '7', area: absent, iscrowd: absent },
    { id: 7 }, // the same again
    { iscrowd: true, area: 0, bbox: [1, 2, 0, 0] },
    { image_id: 'a' },
    { image_id: 8, ...runs([2, 2], [4]) },
    runs([4, 5], '42>'),
    runs([4, 5], [4, 2, 14]),
    { segmentation: [[-5, -5, 99, 0, 4, 1e6]] },
    { score: 'NaN', whatever: [{}] },
  ]
  t.deepEqual(await faultsOf(changes), Array(changes.length).fill(undefined))
})

test('masks are looked at only where they are asked for', async (t) => {
  const changes = [{ segmentation: null }, runs([5, 4], []), { image_id: 8 }]
  t.deepEqual(await faultsOf(changes, { masks: false }), Array(3).fill(undefined))
})

test('objects keep to the same rules', (t) => {
  const annotations = faulty.map(([change]) => ({ ...sound, ...change }) as CocoAnnotation)
  for (const [i, annotation] of annotations.entries()) {
    const rows = new ObjectRows([annotation])
    const fault = annotationRules({ dataset, rows }, { masks: true })(0)
    t.is(sentence(fault), faulty[i][1].replaceAll('NaN', '"NaN"'))
  }
})

test('a polygon that changes the mask too often is refused, though no other is drawn', (t) => {
  const zigzag = Array.from({ length: 2 ** 15 }, (_, i) => (i % 2 === 0 ? [-1, i] : [1001, i]))
  const annotation = { ...sound, segmentation: [zigzag.flat()] } as CocoAnnotation
  const wide = { ...dataset, images: [{ id: 3, height: 4, width: 1000 }] }
  const fault = annotationRules(
    { dataset: wide, rows: new ObjectRows([annotation]) },
    { masks: true },
  )(0)
  t.is(fault?.what, 'crosses 16777216 pixel columns and more, in polygon [0]')
})

test('a row tells whether it lacks a key, or has null there', async (t) => {
  const entries = [{}, { id: null }, { id: 1, area: null, x: null }, { iscrowd: false, x: 0 }]
  const text = JSON.stringify({ annotations: entries })
  const { rows } = await readAnnotations(new TextEncoder().encode(text))
  const keys = ['id', 'area', 'iscrowd', 'x']
  const lacking = (row: number) => keys.filter((key) => rows.lacks(row, key)).join(' ')
  t.deepEqual(
    Array.from(entries, (_, row) => lacking(row)),
    ['id area iscrowd x', 'id area iscrowd x', 'area iscrowd x', 'id area'],
  )
  t.deepEqual([...rows] as unknown[], entries)
})

test('readAnnotations gives a file as it stands', async (t) => {
  const read = (text: string) => readAnnotations(new TextEncoder().encode(text), { name: 'a.json' })
  const { dataset, rows, hasAnnotations } = await read(
    '{"images": [{"id": 1}, {"id": 1}], "annotations": [{"bbox": "none"}], "score": NaN}',
  )
  t.deepEqual(dataset, { images: [{ id: 1 }, { id: 1 }], score: Number.NaN })
  t.deepEqual([...rows] as unknown[], [{ bbox: 'none' }])
  t.true(hasAnnotations)
  for (const text of [
    '{}',
    '{"annotations": null}',
    '{"annotations": [{}], "annotations": null}',
  ]) {
    const file = await read(text)
    t.deepEqual(
      { ...file, rows: file.rows.length },
      { dataset: {}, rows: 0, hasAnnotations: false },
    )
  }
  for (const [text, message] of [
    ['[]', /^a\.json: does not hold an object; /],
    ['{"annotations": 3}', /^a\.json: annotations is not an array; /],
    ['{"categories": [null]}', /^a\.json: categories\[0\] is not an object; /],
    ['{"images": [{"id": 1}, 4]}', /^a\.json: images\[1\] is not an object; /],
  ] as const)
    await t.throwsAsync(read(text), { instanceOf: CocoError, message })
})
