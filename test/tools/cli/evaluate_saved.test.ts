import test from 'ava'
import { COCO } from '../../../packages/pycocotools-js/source/index.js'
import { evaluateSaved } from '../../../tools/cli/evaluate_saved.js'
import { dataSetOf } from '../../datasets/data_set_of.js'

test('where an evaluation fails, the detections are named, and what evaluates them', (t) => {
  const dataset = dataSetOf([], ['cat'])
  const box = { image_id: 9, category_id: 1, bbox: [1, 2, 3, 4], score: 0.5 }
  const results = { bbox: [box as typeof box & { bbox: [number, number, number, number] }] }
  const lines: string[] = []
  const files = [{ kind: 'bbox', path: 'out.json' }] as const
  const tell = (line: string) => lines.push(line)
  t.throws(() => evaluateSaved(dataset, results, { files, tell }), { name: 'CocoError' })
  t.deepEqual(lines, [
    'The detections are in out.json; evaluate them with: npx pycocotools-js eval a.json out.json --iou-type bbox',
  ])

  const image = { id: 9, width: 64, height: 64 }
  const groundTruth = new COCO({
    ...{ images: [image], categories: [{ id: 1, name: 'cat' }] },
    annotations: [{ id: 1, image_id: 9, category_id: 1, bbox: box.bbox, area: 12, iscrowd: 0 }],
  })
  const { bbox } = evaluateSaved({ ...dataset, groundTruth }, results, { files, tell })
  t.true(Math.abs(bbox.AP - 1) < 1e-12)
  t.is(lines.length, 1)
})
