import test from 'ava'
import { invert, posterize, solarize, solarizeAdd } from '../../../datasets/pixels/tones.js'
import { noisyPicture, pictureOf } from './pictures.js'
import { equalsPillow } from './pillow_cases.js'

test('tones are those of Pillow 12.3.0 and timm 1.0.29 to the bit', (t) => {
  equalsPillow(t, 'invert', invert)
  equalsPillow(t, 'posterize', posterize)
  equalsPillow(t, 'solarize', solarize)
  equalsPillow(t, 'solarizeAdd', solarizeAdd)
})

test('an inverted picture inverted is the picture', (t) => {
  const picture = noisyPicture([6, 5])
  t.deepEqual(invert(invert(picture)), picture)
})

test('posterize keeps the highest bits, and repeating it changes nothing', (t) => {
  const picture = pictureOf([1, 1], [255, 37, 128])
  t.deepEqual([...posterize(picture, 3).pixels], [224, 32, 128])
  t.deepEqual([...posterize(picture, 0).pixels], [0, 0, 0])
  t.deepEqual(posterize(picture, 8), picture)
  const noise = noisyPicture([6, 5])
  t.deepEqual(posterize(posterize(noise, 3), 3), posterize(noise, 3))
})

test('solarize inverts from its threshold on: all values at 0, none at 256', (t) => {
  const picture = pictureOf([1, 1], [127, 128, 255])
  t.deepEqual([...solarize(picture, 128).pixels], [127, 127, 0])
  t.deepEqual(solarize(picture, 0), invert(picture))
  t.deepEqual(solarize(picture, 256), picture)
})

test('solarizeAdd adds below 128 only, up to 255', (t) => {
  t.deepEqual([...solarizeAdd(pictureOf([1, 1], [0, 127, 128]), 110).pixels], [110, 237, 128])
  t.deepEqual([...solarizeAdd(pictureOf([1, 1], [127, 128, 9]), 200).pixels], [255, 128, 209])
})
