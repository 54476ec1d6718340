import test from 'ava'
import { COCO, type CocoAnnotation, CocoError } from '../../source/index.js'

const coco = new COCO(
  {
    images: [{ id: 1, height: 4, width: 5 }],
    categories: [
      {
        id: 1,
        name: 'person',
        keypoints: ['head', 'hand', 'foot'],
        skeleton: [
          [1, 2],
          [2, 3],
        ],
      },
      { id: 2, name: 'stone' },
    ],
  },
  'gt.json',
)
const object = (changes: Partial<CocoAnnotation>): CocoAnnotation => ({
  id: 7,
  image_id: 1,
  category_id: 1,
  ...changes,
})
const RUNS = { size: [4, 5], counts: [4, 2, 14] }

test('polygons are given as they are, and a box where it is asked for', (t) => {
  const annotation = object({
    segmentation: [
      [0, 0, 4, 0, 4, 3],
      [1, 1, 2, 1, 2, 2],
    ],
    bbox: [0, 0, 4, 3],
  })
  const [drawing] = coco.showAnns([annotation])
  t.deepEqual(drawing.polygons, annotation.segmentation)
  t.is(drawing.mask, null)
  t.is(drawing.boxXywh, null)
  t.deepEqual(coco.showAnns([annotation], { drawBbox: true })[0].boxXywh, [0, 0, 4, 3])
})

test('run lengths are given pixel by pixel, those of a crowd in green', (t) => {
  const [drawing, crowd] = coco.showAnns([
    object({ segmentation: RUNS, iscrowd: 0 }),
    object({ segmentation: RUNS, iscrowd: 1 }),
  ])
  t.deepEqual(drawing.mask!.pixels.size, [4, 5])
  t.is(drawing.mask!.pixels.data.join(''), '01000' + '01000' + '00000' + '00000')
  t.is(drawing.mask!.color, drawing.color)
  t.deepEqual(crowd.mask!.color, [2 / 255, 166 / 255, 101 / 255])
  t.deepEqual(drawing.polygons, [])
})

test('keypoints that are labelled are given, and the lines between two such', (t) => {
  const [drawing] = coco.showAnns([object({ keypoints: [10, 11, 2, 20, 21, 1, 0, 0, 0] })])
  t.deepEqual(drawing.keypoints, [
    { x: 10, y: 11, isVisible: true },
    { x: 20, y: 21, isVisible: false },
  ])
  t.deepEqual(drawing.skeleton, [[10, 11, 20, 21]])
})

test('captions are given where the first annotation is one', (t) => {
  const drawings = coco.showAnns([
    object({ caption: 'a dog' }),
    object({ id: 8, caption: 'a cat' }),
  ])
  t.deepEqual(
    drawings.map(({ caption }) => caption),
    ['a dog', 'a cat'],
  )
  t.deepEqual(drawings[0].polygons, [])
})

test('no annotations are no drawings', (t) => {
  t.deepEqual(coco.showAnns([]), [])
})

test('an id has the same bright colour each time, and ids that follow each other differ', (t) => {
  const ids = Array.from({ length: 50 }, (_, i) => object({ id: i, segmentation: [] }))
  const colors = coco.showAnns(ids).map(({ color }) => color)
  t.deepEqual(
    colors,
    coco.showAnns(ids).map(({ color }) => color),
  )
  t.true(colors.flat().every((part) => part >= 0.4 && part <= 1))
  for (let i = 1; i < 50; i++) {
    const differences = colors[i].map((part, k) => Math.abs(part - colors[i - 1][k]))
    t.true(Math.max(...differences) > 0.05, `${i - 1} and ${i}`)
  }
})

const refused: [string, Partial<CocoAnnotation>, string][] = [
  ['nothing to draw', {}, 'has no segmentation, keypoints or caption; there is nothing to draw'],
  [
    'a polygon of an odd length',
    { segmentation: [[0, 0, 1, 1, 2]] },
    'has a polygon [0] that cannot be drawn; a polygon is a list of pairs of numbers x1 y1 x2 y2 ...',
  ],
  [
    'a segmentation that is none',
    { segmentation: null },
    'has no segmentation; give it polygons or run lengths { size, counts }',
  ],
  [
    'keypoints of a category without skeleton',
    { category_id: 2, keypoints: [1, 2, 2] },
    'has keypoints, but its category has no skeleton; give the category the pairs of keypoints that lines join, counted from 1',
  ],
  [
    'no bbox where boxes are asked for',
    { segmentation: [] },
    'has no bbox; give it [x, y, width, height]',
  ],
]
for (const [name, changes, sentence] of refused) {
  test(`an annotation with ${name} is refused`, (t) => {
    t.throws(() => coco.showAnns([object(changes)], { drawBbox: true }), {
      instanceOf: CocoError,
      message: `gt.json: annotation 7 (image 1) ${sentence}`,
    })
  })
}

test('an annotation without caption among captions is refused', (t) => {
  t.throws(() => coco.showAnns([object({ caption: 'a' }), object({ id: 8 })]), {
    instanceOf: CocoError,
    message:
      'gt.json: annotation 8 (image 1) has no caption, but the first has; draw annotations of one kind at a time',
  })
})
