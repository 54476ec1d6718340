import test from 'ava'
import { heatColor } from '../../drawing/heat_colors.js'

/** Entries 0, 64, 128, 192 and 255 of 256 of inferno in matplotlib 3.11.2. */
const INFERNO = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
]

test('colours are those of matplotlib, to 6 of 255', (t) => {
  for (const [i, expected] of INFERNO.entries()) {
    const color = heatColor([0, 64, 128, 192, 255][i] / 255)
    for (const channel of [0, 1, 2])
      t.true(Math.abs(color[channel] - expected[channel]) <= 6, `${color}, expected ${expected}`)
  }
})

test('what is hotter is lighter', (t) => {
  const lightness = Array.from({ length: 33 }, (_, i) => {
    const [red, green, blue] = heatColor(i / 32)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  })
  for (const [i, value] of lightness.slice(1).entries()) t.true(value > lightness[i])
})

test('outside of 0 to 1 the ends go on', (t) => {
  t.deepEqual(heatColor(-3), heatColor(0))
  t.deepEqual(heatColor(1.5), heatColor(1))
})
