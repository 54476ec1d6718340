import test from 'ava'
import { cocoResults } from '../../evaluation/coco_results.js'
import { floats, ints } from '../../host_tensor.js'
import { mask } from '../../packages/pycocotools-js/source/index.js'

const batch = {
  imageIds: ['a', 7],
  originalSizes: [
    [10, 12],
    [20, 8],
  ] as [number, number][],
}
const detections = {
  boxesXyxy: floats([1, 2, 5, 8, 0, 0, 0, 0, 2, 4, 6, 10, 0, 0, 4, 4], [2, 2, 4]),
  scores: floats([0.9, 0, 0.5, 0.25], [2, 2]),
  labels: ints([1, -1, 0, 1], [2, 2]),
}

test('padding is left out, boxes become x y width height, labels become category ids', (t) => {
  t.deepEqual(cocoResults(detections, batch, [18, 44]), {
    bbox: [
      { image_id: 'a', category_id: 44, score: Math.fround(0.9), bbox: [1, 2, 4, 6] },
      { image_id: 7, category_id: 18, score: 0.5, bbox: [2, 4, 4, 6] },
      { image_id: 7, category_id: 44, score: 0.25, bbox: [0, 0, 4, 4] },
    ],
  })
})

test('masks are pasted into their own image, one entry beside each box, without a box', (t) => {
  const grids = new Float32Array(4 * 9).fill(1)
  grids.fill(0, 3 * 9) // the last one is empty
  const { segm } = cocoResults(
    { ...detections, masks: floats(grids, [2, 2, 3, 3]) },
    batch,
    [18, 44],
  )
  t.deepEqual(
    segm?.map(({ image_id, category_id, score, segmentation: { size } }) => [
      image_id,
      category_id,
      score,
      size,
    ]),
    [
      ['a', 44, Math.fround(0.9), [10, 12]],
      [7, 18, 0.5, [20, 8]],
      [7, 44, 0.25, [20, 8]],
    ],
  )
  t.deepEqual(mask.toBbox(segm![0].segmentation), [1, 2, 4, 6])
  t.deepEqual(mask.toBbox(segm![1].segmentation), [2, 4, 4, 6])
  t.is(mask.area(segm![0].segmentation), 24)
  t.is(mask.area(segm![2].segmentation), 0)
  t.false('bbox' in segm![0])
})
