import test from 'ava'
import {
  INCREASING_OPS,
  PLAIN_OPS,
  type RandAugmentOp,
} from '../../../datasets/classification/rand_augment_ops.js'
import { blankPicture } from '../../../datasets/pixels/rgb.js'
import { noisyPicture } from '../pixels/pictures.js'
import { storedPicture } from '../pixels/pillow_cases.js'
import { DRAWS } from './timm_draws.js'

const TABLES = { increasing: INCREASING_OPS, plain: PLAIN_OPS } as const

for (const [name, table] of Object.entries(TABLES)) {
  test(`${name}: the operations are timm 1.0.29's, in its order, with its arguments`, (t) => {
    const levels = DRAWS.levels[name as keyof typeof TABLES]
    t.deepEqual(Object.keys(table), Object.keys(levels))
    for (const [operation, rows] of Object.entries(levels)) {
      const { argumentOf }: RandAugmentOp = table[operation as keyof typeof table]
      t.is(argumentOf === undefined, rows === null, operation)
      for (const [level, argument, negated] of rows ?? []) {
        const which = `${operation} at ${level}`
        t.is(argumentOf!(level, 1) + 0, argument + 0, which)
        t.is(argumentOf!(level, -1) + 0, negated + 0, which)
      }
    }
  })
}

test('a level of 0 of the increasing ones changes little, 10 changes much', (t) => {
  const picture = storedPicture('gradient')
  const changeOf = (operation: RandAugmentOp, level: number) => {
    const { pixels } = operation.apply(picture, operation.argumentOf!(level, 1))
    return pixels.reduce((sum, value, i) => sum + Math.abs(value - picture.pixels[i]), 0)
  }
  for (const [name, operation] of Object.entries(INCREASING_OPS) as [string, RandAugmentOp][]) {
    if (!operation.argumentOf || name === 'posterize') continue
    t.is(changeOf(operation, 0), 0, name)
    t.true(changeOf(operation, 10) > changeOf(operation, 3), name)
  }
})

test('all operations keep the size, and leave the picture that they are given as it is', (t) => {
  for (const size of [[1, 1] as const, [3, 7] as const]) {
    const picture = noisyPicture(size)
    for (const operation of Object.values(PLAIN_OPS)) {
      const changed = operation.apply(picture, operation.argumentOf?.(7, -1) ?? 0)
      t.deepEqual(changed.size, size)
      t.is(changed.pixels.length, picture.pixels.length)
    }
    t.deepEqual(picture, noisyPicture(size))
  }
})

test("what is moved away is filled with ImageNet's mean", (t) => {
  const black = blankPicture([10, 10])
  for (const name of ['translateX', 'translateY'] as const) {
    const { pixels } = INCREASING_OPS[name].apply(black, -0.3)
    t.deepEqual([...pixels.subarray(0, 3)], [124, 116, 104])
  }
})
