import test from 'ava'
import { type DrawnDetection, drawDetections } from '../../drawing/draw_detections.js'
import { classColor } from '../../drawing/palette.js'
import { blankImage, pixelAt } from './blank_image.js'

const dog: DrawnDetection = { boxXyxy: [20, 40, 120, 90], score: 0.9, label: 'dog', classIndex: 3 }

test('a picture stays as it was, and the drawing has its size', async (t) => {
  const image = blankImage(160, 100, [90, 90, 90])
  const drawn = await drawDetections(image, [dog])
  t.true(image.data.every((value) => value === 90))
  t.is(drawn.data.length, image.data.length)
  t.notDeepEqual(drawn.data, image.data)
})

test('without detections a picture is copied', async (t) => {
  const image = blankImage(3, 2, [1, 2, 3])
  const drawn = await drawDetections(image, [])
  t.deepEqual(drawn, image)
  t.not(drawn.data, image.data)
})

test('a box runs along its pixels in the colour of its class', async (t) => {
  const drawn = await drawDetections(blankImage(160, 100), [dog], { lineWidth: 2 })
  const color = [...classColor(3)]
  for (const [x, y] of [
    [118, 41],
    [119, 65],
    [21, 65],
    [70, 89],
  ])
    t.deepEqual(pixelAt(drawn, x, y), color, `${x}, ${y}`)
  t.deepEqual(pixelAt(drawn, 70, 65), [0, 0, 0])
  t.deepEqual(pixelAt(drawn, 123, 65), [0, 0, 0])
})

test('a box of the colour of the ground has a dark rim', async (t) => {
  const drawn = await drawDetections(blankImage(160, 100, classColor(3)), [dog], { lineWidth: 2 })
  t.true(pixelAt(drawn, 120, 65).every((value, i) => value <= 0.7 * classColor(3)[i]))
})

test('a label stands above its box, with letters on its colour', async (t) => {
  const drawn = await drawDetections(blankImage(160, 100), [dog], { fontSize: 14, lineWidth: 1 })
  const tag = Array.from({ length: 12 }, (_, y) =>
    Array.from({ length: 40 }, (_, x) => pixelAt(drawn, 20 + x, 27 + y).join()),
  ).flat()
  const ofColor = tag.filter((pixel) => pixel === classColor(3).join()).length
  const ofInk = tag.filter((pixel) => pixel === '255,255,255' || pixel === '0,0,0').length
  t.true(ofColor > 150, `${ofColor}`)
  t.true(ofInk > 40, `${ofInk}`)
})

test('a score is shown with two digits, and left out where there is none', async (t) => {
  const image = blankImage(160, 100)
  const [withScore, asLabel, without] = await Promise.all([
    drawDetections(image, [{ ...dog, score: 0.899 }]),
    drawDetections(image, [{ ...dog, label: 'dog 0.90', score: undefined }]),
    drawDetections(image, [{ ...dog, score: undefined }]),
  ])
  t.deepEqual(withScore.data, asLabel.data)
  t.notDeepEqual(without.data, asLabel.data)
})

test('a mask is drawn alike as bitmap, as runs and as compressed runs', async (t) => {
  const image = blankImage(4, 3, [200, 200, 200])
  // Columns 1 and 2, rows 1 and 2.
  const data = Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0])
  const size: [number, number] = [3, 4]
  const object = { boxXyxy: [1, 1, 3, 3] as const, label: '', classIndex: 0 }
  const [bitmap, runs, compressed] = await Promise.all(
    [
      { size, data },
      { size, counts: [4, 2, 1, 2, 3] },
      { size, counts: '4210O1' },
    ].map((mask) => drawDetections(image, [{ ...object, mask }])),
  )
  t.deepEqual(bitmap.data, runs.data)
  t.deepEqual(compressed.data, runs.data)
})

test('the inside of a mask is half its colour', async (t) => {
  const size: [number, number] = [60, 60]
  const mask = { size, data: new Uint8Array(3600).fill(1) }
  const whole = { boxXyxy: [0, 0, 60, 60] as const, label: 'x', classIndex: 5, mask }
  const drawn = await drawDetections(blankImage(60, 60), [whole], { maskOpacity: 0.5 })
  t.deepEqual(
    pixelAt(drawn, 30, 40),
    classColor(5).map((value) => Math.round(value / 2)),
  )
})

test('a mask of another size is refused', async (t) => {
  const mask = { size: [3, 4] as [number, number], data: new Uint8Array(12) }
  await t.throwsAsync(drawDetections(blankImage(3, 4), [{ ...dog, mask }]), {
    message:
      'drawDetections: a mask is 4 x 3 pixels, but the picture is 3 x 4; give masks of the picture',
  })
})

test('the better score lies on top, whatever the order', async (t) => {
  const worse = { ...dog, score: 0.3, classIndex: 4 }
  const [one, other] = await Promise.all([
    drawDetections(blankImage(160, 100), [dog, worse]),
    drawDetections(blankImage(160, 100), [worse, dog]),
  ])
  t.deepEqual(one.data, other.data)
  t.deepEqual(pixelAt(one, 119, 65), [...classColor(3)])
})

test('boxes outside the picture, of no size, and larger than it are drawn as far as it goes', async (t) => {
  const boxes = [
    [-50, -50, -10, -10],
    [500, 500, 600, 600],
    [30, 30, 30, 30],
    [-1000, -1000, 5000, 5000],
    [100, 20, 90, 10],
  ] as const
  const objects = boxes.map((boxXyxy) => ({ ...dog, boxXyxy }))
  await t.notThrowsAsync(drawDetections(blankImage(64, 48), objects))
  await t.notThrowsAsync(drawDetections(blankImage(1, 1), objects))
})
