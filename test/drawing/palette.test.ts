import test from 'ava'
import { BLACK, type Color, classColor, contrast, inkOn, WHITE } from '../../drawing/palette.js'

test('a class has the same colour each time', (t) => {
  t.deepEqual(classColor(17), classColor(17))
  t.true(classColor(17).every((value) => Number.isInteger(value) && value >= 0 && value <= 255))
})

test('no two of the first 80 classes have the same colour, and of the first 6 all differ clearly', (t) => {
  const colors = Array.from({ length: 80 }, (_, index) => classColor(index))
  t.is(new Set(colors.map((color) => color.join())).size, 80)
  for (const [i, a] of colors.slice(0, 6).entries())
    for (const b of colors.slice(i + 1, 6)) t.true(distance(a, b) > 60, `${a} and ${b}`)
})

test('letters on a tag of any class have a contrast of 4.5 or more', (t) => {
  for (let index = 0; index < 500; index++) {
    const color = classColor(index)
    t.true(contrast(color, inkOn(color)) >= 4.5, `class ${index}: ${color}`)
  }
})

test('black and white have a contrast of 21, a colour and itself of 1', (t) => {
  t.is(contrast(BLACK, WHITE), 21)
  t.is(contrast([10, 200, 30], [10, 200, 30]), 1)
  t.is(inkOn([255, 255, 0]), BLACK)
  t.is(inkOn([0, 0, 160]), WHITE)
})

function distance(a: Color, b: Color): number {
  return Math.hypot(...a.map((value, i) => value - b[i]))
}
