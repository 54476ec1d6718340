import test from 'ava'
import { oks } from '../../source/evaluate/oks.js'
import { Params } from '../../source/index.js'
import { readFixture } from '../cases.js'

/** Ground truth keypoints, box and area; detection; OKS. */
type StoredOks = [number[], number[], number, number[], number]

const numpy = readFixture<{ oks: StoredOks[]; sigmas: number[] }>('numpy_values.json')
const FOUR_SIGMAS = [0.025, 0.05, 0.079, 0.107] // SIGMAS of make_coco_eval.py

test('the sigmas of a person are those of pycocotools, to the last bit', (t) => {
  t.deepEqual(new Params('keypoints').kpt_oks_sigmas, numpy.sigmas)
})

test('OKS are those of pycocotools but for the last bits of exp', (t) => {
  for (const [keypoints, box, area, detection, expected] of numpy.oks) {
    const object = {
      keypoints: Float64Array.from(keypoints),
      boxXywh: Float64Array.from(box),
      area,
    }
    const sigmas = keypoints.length === 12 ? FOUR_SIGMAS : numpy.sigmas
    const value = oks(Float64Array.from(detection), object, sigmas)
    t.true(Math.abs(value - expected) <= 4e-16 * expected, `${value}, not ${expected}`)
  }
})

/** Two keypoints with sigma 0.5: the square of twice of it is 1. */
function oksOfTwo(keypoints: number[], detection: number[], area = 50): number {
  const object = {
    keypoints: Float64Array.from(keypoints),
    boxXywh: Float64Array.of(10, 10, 20, 20),
    area,
  }
  return oks(Float64Array.from(detection), object, [0.5, 0.5])
}

test('by hand: one keypoint right, one 6 and 8 pixels off, in an area of 50', (t) => {
  t.is(oksOfTwo([1, 2, 2, 3, 4, 1], [1, 2, 0, 9, 12, 0]), (1 + Math.exp(-1)) / 2)
})

test('keypoints that are not visible do not count', (t) => {
  t.is(oksOfTwo([1, 2, 2, 0, 0, 0], [1, 2, 0, 900, 900, 0]), 1)
})

test('without visible keypoints, the distance is to the box extended by its size', (t) => {
  t.is(oksOfTwo([0, 0, 0, 0, 0, 0], [-10, 50, 0, 20, 20, 0]), 1) // on the rim, and inside
  t.is(oksOfTwo([0, 0, 0, 0, 0, 0], [-16, 58, 0, 20, 20, 0]), (Math.exp(-1) + 1) / 2)
})

test('in an area of 0, only an exact keypoint is similar', (t) => {
  t.is(oksOfTwo([1, 2, 2, 3, 4, 2], [1, 2, 0, 3, 4.1, 0], 0), 0.5)
})
