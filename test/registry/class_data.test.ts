import test from 'ava'
import { ConfigError } from '../../errors.js'
import { check } from '../../registry/check.js'
import { imageFolder } from '../../registry/class_data.js'

const DATA = {
  type: 'ImageFolder',
  train: { folder: 'train' },
  val: { folder: 'val' },
  imageSize: 224,
  batchSize: 64,
}

test('changes of colours and shapes are taken as they are, whole or in part', (t) => {
  const changes = [
    { randAugment: { magnitude: 7 } },
    { randAugment: { magnitude: 0.5, numOps: 3, magnitudeStd: 0, increasing: false } },
    { colorJitter: {}, rotation: 0 },
    { testCropRatio: 0.9, testCrops: 10 },
    { colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 2 }, rotation: 15 },
  ]
  for (const change of changes) {
    const data: object = check(imageFolder, { ...DATA, ...change })
    t.deepEqual(data, { ...DATA, ...change })
  }
})

const REFUSED: [change: object, message: string][] = [
  [
    { randAugment: { magnitude: 11 } },
    'randAugment.magnitude is 11, which is too large; give a number of at most 10',
  ],
  [{ randAugment: {} }, 'randAugment.magnitude is missing; give a number'],
  [
    { randAugment: { magnitude: 7, numOp: 2 } },
    'randAugment.numOp is not an option of data.randAugment; did you mean numOps?',
  ],
  [
    { colorJitter: { brightness: -0.1 } },
    'colorJitter.brightness is -0.1, which is too small; give a number of at least 0',
  ],
  [
    { colorJitter: { hue: 0.1 } },
    'colorJitter.hue is not an option of data.colorJitter; use brightness, contrast or saturation',
  ],
  [{ testCrops: 5 }, 'testCrops is 5; use 1 or 10'],
  [{ rotation: 200 }, 'rotation is 200, which is too large; give a number of at most 180'],
]
for (const [change, message] of REFUSED) {
  test(`${JSON.stringify(change)} is refused`, (t) => {
    t.throws(() => check(imageFolder, { ...DATA, ...change }), { instanceOf: ConfigError, message })
  })
}
