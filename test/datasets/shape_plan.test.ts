import test from 'ava'
import fc from 'fast-check'
import {
  type InputShape,
  planShapes,
  type SharedShape,
  shapeFor,
} from '../../datasets/shape_plan.js'
import { assertClose } from '../helpers/assert_close.js'

function need(height: number, width: number, share: number, slots = 8): SharedShape {
  return { size: [height, width], slots, share }
}

function planned(needs: SharedShape[], count: number, largest: InputShape[] = needs) {
  return planShapes(needs, { count, largest })
}

const sizesOf = (shapes: readonly InputShape[]) => shapes.map(({ size }) => size.join('x'))

test('as many shapes as there are needs waste nothing', (t) => {
  const needs = [need(320, 640, 0.5), need(640, 320, 0.25), need(320, 320, 0.25)]
  const { shapes, areaWaste } = planned(needs, 16)
  t.deepEqual(sizesOf(shapes), ['320x320', '320x640', '640x320'])
  t.deepEqual(
    shapes.map(({ share }) => share),
    [0.25, 0.5, 0.25],
  )
  t.is(areaWaste, 0)
})

test('one shape holds everything', (t) => {
  const { shapes, areaWaste } = planned([need(64, 128, 0.5, 8), need(96, 64, 0.5, 16)], 1)
  t.deepEqual(shapes, [{ size: [96, 128], slots: 16, share: 1 }])
  assertClose(t, [areaWaste], [(96 * 128) / ((64 * 128 + 96 * 64) / 2) - 1], 1e-12)
})

test('the second shape is the one that saves most', (t) => {
  // Beside 512 x 512, 448 x 448 saves a quarter of 0.8, 256 x 512 half of 0.4, 64 x 64 nearly all
  // of 0.1.
  const needs = [need(512, 512, 0.1), need(448, 448, 0.4), need(256, 512, 0.4), need(64, 64, 0.1)]
  t.deepEqual(sizesOf(planned(needs, 2, [needs[0]]).shapes), ['256x512', '512x512'])
})

test('the first choice is given up where it is no longer the best', (t) => {
  // Alone beside 640, 384 saves most; beside 256 and 512 it is not needed.
  const needs = [need(1, 640, 0.1), need(1, 512, 0.3), need(1, 384, 0.22), need(1, 256, 0.38)]
  t.deepEqual(sizesOf(planned(needs, 2, [needs[0]]).shapes), ['1x384', '1x640'])
  const { shapes } = planned(needs, 3, [needs[0]])
  t.deepEqual(sizesOf(shapes), ['1x256', '1x512', '1x640'])
})

test('rare needs are held, too', (t) => {
  const needs = [need(320, 320, 0.9999), need(1344, 1344, 1e-4, 96)]
  const { shapes } = planned(needs, 4)
  t.deepEqual(shapes.at(-1), { size: [1344, 1344], slots: 96, share: 1e-4 })
  t.is(shapeFor(shapes, need(1344, 320, 0)), shapes[shapes.length - 1])
})

test('a batch takes the cheapest shape that holds its images and its objects', (t) => {
  const shapes = planned([need(320, 640, 0.5), need(640, 640, 0.3), need(640, 640, 0.2, 64)], 3)
  const chosen = (height: number, width: number, slots: number) =>
    shapeFor(shapes.shapes, need(height, width, 0, slots))
  t.deepEqual(chosen(288, 64, 3).size, [320, 640])
  t.deepEqual(chosen(352, 64, 3), { size: [640, 640], slots: 8, share: 0.3 })
  t.is(chosen(32, 32, 9).slots, 64)
})

test('a batch that no shape holds is an error, never cut', (t) => {
  const { shapes } = planned([need(320, 640, 1)], 1)
  t.throws(() => shapeFor(shapes, need(320, 672, 0, 3)), {
    message:
      'no planned input shape holds 320x672 with 3 objects; plan with the data that is loaded',
  })
})

test('no needs make no shapes', (t) => {
  t.deepEqual(planned([], 16), { shapes: [], areaWaste: 0 })
})

const anyNeeds = fc
  .array(
    fc.record({
      height: fc.integer({ min: 1, max: 6 }),
      width: fc.integer({ min: 1, max: 6 }),
      slots: fc.constantFrom(8, 16, 32),
      weight: fc.integer({ min: 1, max: 100 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drawn) => {
    const total = drawn.reduce((sum, { weight }) => sum + weight, 0)
    return drawn.map(({ height, width, slots, weight }) =>
      need(32 * height, 32 * width, weight / total, slots),
    )
  })

test('every need fits into no more shapes than asked for, in whatever order they come', (t) => {
  const property = fc.property(anyNeeds, fc.integer({ min: 1, max: 5 }), (needs, count) => {
    const { shapes } = planned(needs, count)
    t.true(shapes.length <= count)
    for (const one of needs) shapeFor(shapes, one)
    assertClose(t, [shapes.reduce((sum, { share }) => sum + share, 0)], [1], 1e-9)
    t.deepEqual(sizesOf(planned(needs.toReversed(), count).shapes), sizesOf(shapes))
  })
  fc.assert(property, { numRuns: 200 })
})

test('three shapes are as good as the best three of all, or nearly', (t) => {
  const property = fc.property(anyNeeds, (drawn) => {
    const needs = drawn.map((one) => ({ ...one, slots: 8 }))
    const top = need(...largestSides(needs), 0)
    const { shapes } = planned(needs, 3, [top])
    const others = needs.flatMap((a) => needs.map((b) => [a, b, top]))
    const best = Math.min(...others.map((shapes) => expectedArea(shapes, needs)))
    t.true(expectedArea(shapes, needs) <= 1.1 * best)
  })
  fc.assert(property, { numRuns: 300, seed: 1 })
})

function largestSides(needs: readonly InputShape[]): [number, number] {
  return [0, 1].map((side) => Math.max(...needs.map(({ size }) => size[side]))) as [number, number]
}

function expectedArea(shapes: readonly InputShape[], needs: readonly SharedShape[]): number {
  const area = ({ size: [height, width] }: InputShape) => height * width
  const sorted = [...shapes].sort((a, b) => area(a) - area(b))
  return needs.reduce((sum, one) => sum + one.share * area(shapeFor(sorted, one)), 0)
}
