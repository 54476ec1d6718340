import test from 'ava'
import { classTableLines, type PerClassRow } from '../../source/index.js'

const COLUMNS = [
  ...(['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR100'] as const),
  ...(['groundTruths', 'detections'] as const),
]

test('classes stand in aligned columns, under the names of the numbers', (t) => {
  const numbers = { AP: 0.5, AP50: 0.75, AP75: 1, APs: -1, APm: 0.25, APl: 0.125, AR100: 0.625 }
  const others = { AR1: 0, AR10: 0, ARs: 0, ARm: 0, ARl: 0 }
  const rows: PerClassRow[] = [
    { id: 1, name: 'traffic light', ...numbers, ...others, groundTruths: 7, detections: 11 },
    { id: 2, name: 'cat', ...numbers, ...others, AP: 0, groundTruths: 123, detections: 45678 },
  ]
  t.deepEqual(classTableLines(rows, COLUMNS), [
    'class             AP   AP50   AP75     APs    APm    APl  AR100  ground truths  detections',
    'traffic light  0.500  0.750  1.000  -1.000  0.250  0.125  0.625              7          11',
    'cat            0.000  0.750  1.000  -1.000  0.250  0.125  0.625            123       45678',
  ])
})

test('without classes there is the line of names alone', (t) => {
  t.deepEqual(classTableLines([], COLUMNS), [
    'class  AP  AP50  AP75  APs  APm  APl  AR100  ground truths  detections',
  ])
})
