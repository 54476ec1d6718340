import test from 'ava'
import { drawClasses } from '../../drawing/draw_classes.js'
import { classColor } from '../../drawing/palette.js'
import { blankImage } from './blank_image.js'

/** How many pixels have the colour of a class. */
function pixelsOf(data: Uint8Array, classIndex: number): number {
  const color = classColor(classIndex)
  let count = 0
  for (let i = 0; i < data.length; i += 3) {
    if (color.every((value, channel) => data[i + channel] === value)) count++
  }
  return count
}

test('each class has a bar of its colour, as long as its score', async (t) => {
  const image = blankImage(256, 256, [90, 90, 90])
  const drawn = await drawClasses(image, [
    { label: 'cat', score: 0.8, classIndex: 3 },
    { label: 'dog', score: 0.2, classIndex: 5 },
  ])
  const [cat, dog] = [pixelsOf(drawn.data, 3), pixelsOf(drawn.data, 5)]
  t.true(dog > 10, `${dog}`)
  t.true(Math.abs(cat / dog - 4) < 0.5, `${cat} and ${dog}`)
  t.true(image.data.every((value) => value === 90))
  t.deepEqual((await drawClasses(image, [])).data, image.data)
})
