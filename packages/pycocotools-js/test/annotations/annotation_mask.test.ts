import test from 'ava'
import { COCO, type CocoAnnotation, type CocoDataset, CocoError } from '../../source/index.js'
import { readFixture } from '../cases.js'

/** Form of `fixtures/make_load_results.py`. */
interface Fixture {
  masks: {
    dataset: CocoDataset
    expected: { rle: unknown; size: [number, number]; pixels: string }[]
  }
}

test('annToRLE and annToMask are those of pycocotools 2.0.11, of objects and of columns', async (t) => {
  const { dataset, expected } = readFixture<Fixture>('load_results.json').masks
  const bytes = new TextEncoder().encode(JSON.stringify(dataset))
  for (const coco of [new COCO(dataset), await COCO.load(bytes)]) {
    const annotations = coco.loadAnns(coco.getAnnIds())
    t.is(annotations.length, expected.length)
    for (const [i, { rle, size, pixels }] of expected.entries()) {
      t.deepEqual(coco.annToRLE(annotations[i]) as unknown, rle)
      const mask = coco.annToMask(annotations[i])
      t.deepEqual(mask.size, size)
      t.is(mask.data.join(''), pixels)
    }
  }
})

const refused: [string, Partial<CocoAnnotation>, string][] = [
  ['no segmentation', {}, 'has no segmentation; give it polygons or run lengths { size, counts }'],
  [
    'polygons in an image without a size',
    { image_id: 5, segmentation: [[0, 0, 1, 1, 0, 1]] },
    'is a polygon, but its image has no height and width; polygons take their size from the image: give it height and width in pixels',
  ],
  [
    'polygons in an unknown image',
    { image_id: 6, segmentation: [[0, 0, 1, 1, 0, 1]] },
    'is a polygon, but there is no image 6; polygons take their size from the image: give it height and width in pixels',
  ],
  [
    'run lengths that do not add up',
    { segmentation: { size: [2, 3], counts: [5] } },
    'has runs of 5 pixels in all, where its size [2, 3] has 6; repair its counts or its size',
  ],
]
for (const [name, changes, sentence] of refused) {
  test(`an annotation with ${name} has no mask, and says so`, (t) => {
    const coco = new COCO({ images: [{ id: 4, height: 2, width: 3 }, { id: 5 }] }, 'gt.json')
    const annotation = { id: 1, image_id: 4, ...changes }
    t.throws(() => coco.annToRLE(annotation), {
      instanceOf: CocoError,
      message: `gt.json: annotation 1 (image ${annotation.image_id}) ${sentence}`,
    })
  })
}
