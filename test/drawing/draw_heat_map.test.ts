import test from 'ava'
import { drawHeatMap } from '../../drawing/draw_heat_map.js'
import { heatColor } from '../../drawing/heat_colors.js'
import { blankImage, pixelAt } from './blank_image.js'

test('a picture and the colours of the heat are mixed', async (t) => {
  const image = blankImage(2, 1, [200, 100, 0])
  const drawn = await drawHeatMap(image, Float32Array.of(0, 1), { opacity: 0.5 })
  for (const [x, heat] of [0, 1].entries()) {
    const expected = heatColor(heat).map((value, i) => Math.round((value + [200, 100, 0][i]) / 2))
    t.deepEqual(pixelAt(drawn, x, 0), expected)
  }
  t.deepEqual(pixelAt(image, 0, 0), [200, 100, 0])
})

test('a caption stands in the upper left corner', async (t) => {
  const [plain, captioned] = await Promise.all([
    drawHeatMap(blankImage(200, 100), new Float32Array(20000)),
    drawHeatMap(blankImage(200, 100), new Float32Array(20000), { caption: 'dog' }),
  ])
  const changed = plain.data.filter((value, i) => value !== captioned.data[i]).length
  t.true(changed > 100, `${changed}`)
  t.deepEqual(pixelAt(captioned, 150, 50), pixelAt(plain, 150, 50))
})

test('a map of another size is refused', async (t) => {
  await t.throwsAsync(drawHeatMap(blankImage(4, 3), new Float32Array(11)), {
    message:
      'drawHeatMap: the map has 11 values, but the picture is 4 x 3; give a value for each pixel',
  })
})
