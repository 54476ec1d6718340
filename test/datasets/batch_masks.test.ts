import test from 'ava'
import { drawMasks } from '../../datasets/batch_masks.js'
import {
  assembleBatch,
  loadCoco,
  placeImage,
  planBatch,
  type Sample,
} from '../../datasets/index.js'
import { maskRequest } from '../../datasets/mask_request.js'
import { DataError } from '../../errors.js'
import { mask, segmentationOf } from '../../packages/pycocotools-js/source/index.js'
import { oneCat, temporaryFolder, writeAnnotations } from './coco_folder.js'

type Size = [height: number, width: number]

const SIZE: Size = [48, 64]
const SIDE = 112

/** `[48, 64]` of 0 and 1. */
function bitmap(isInside: (y: number, x: number) => boolean): number[] {
  const [height, width] = SIZE
  return Array.from({ length: height * width }, (_, i) =>
    isInside(Math.floor(i / width), i % width) ? 1 : 0,
  )
}

/** Two rectangles along pixel edges. */
const polygons = {
  segmentation: [
    [2, 2, 12, 2, 12, 9, 2, 9],
    [20, 12, 31, 12, 31, 22, 20, 22],
  ],
  pixels: bitmap(
    (y, x) => (x >= 2 && x < 12 && y >= 2 && y < 9) || (x >= 20 && x < 31 && y >= 12 && y < 22),
  ),
}

/** Parts of columns 5 to 7. */
const runs = {
  segmentation: { size: SIZE, counts: [5 * 48 + 3, 10, 38, 12, 36, 7, 48 * 64 - 346] },
  pixels: bitmap(
    (y, x) =>
      (x === 5 && y >= 3 && y < 13) ||
      (x === 6 && y >= 3 && y < 15) ||
      (x === 7 && y >= 3 && y < 10),
  ),
}

const compressed = mask.frPyObjects(runs.segmentation, ...SIZE)

function sampleOf(segmentations: readonly unknown[], boxes?: number[][]): Sample {
  return {
    imageId: 1,
    file: 'a.png',
    size: SIZE,
    boxesXyxy: Float32Array.from((boxes ?? segmentations.map(() => [1, 1, 60, 40])).flat()),
    labels: Int32Array.from(segmentations, (_, i) => i),
    segmentation: (object) => segmentationOf(segmentations[object]),
    annotationId: (object) => 4711 + object,
    crowdBoxesXyxy: new Float32Array(0),
  }
}

interface Placing {
  scale?: readonly [number, number]
  flip?: boolean
}

function masksOf(samples: Sample[], { scale = [64, 48], flip = false }: Placing = {}) {
  const images = samples.map((sample) => placeImage(sample, { scale, flip }))
  const plan = planBatch(images, 32)
  const { tensors } = assembleBatch(plan, new Uint8Array(0), drawMasks(maskRequest(plan)))
  return { ...tensors, masks: tensors.masks!, maskFramesXyxy: tensors.maskFramesXyxy! }
}

/** The whole mask of one place of a batch, whose cells have to be pixels: `[h, w]` of 0 and 1. */
function wholeMask(
  { masks, maskFramesXyxy }: ReturnType<typeof masksOf>,
  place: number,
  [height, width]: Size,
): number[] {
  const [x1, y1, x2, y2] = maskFramesXyxy.data.subarray(4 * place, 4 * place + 4)
  if (x2 - x1 !== SIDE || y2 - y1 !== SIDE) throw new Error('cells are not pixels')
  const cells = masks.data.subarray(place * SIDE ** 2, (place + 1) * SIDE ** 2)
  return Array.from({ length: height * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width) - y1, (i % width) - x1]
    const isInside = row >= 0 && column >= 0 && row < SIDE && column < SIDE
    return isInside ? cells[row * SIDE + column] / 255 : 0
  })
}

/** A bitmap as mmdetection places it: nearest neighbour, then mirrored. */
function placed(pixels: number[], [height, width]: Size, flip = false): number[] {
  return Array.from({ length: height * width }, (_, i) => {
    const [y, column] = [Math.floor(i / width), i % width]
    const x = flip ? width - 1 - column : column
    const [fromY, fromX] = [Math.floor((y * SIZE[0]) / height), Math.floor((x * SIZE[1]) / width)]
    return pixels[fromY * SIZE[1] + fromX]
  })
}

test('polygons and run lengths, compressed or not, are the masks that they are', (t) => {
  const batch = masksOf([sampleOf([polygons.segmentation, runs.segmentation, compressed])])
  t.is(typeof compressed.counts, 'string')
  t.deepEqual(batch.masks.shape, [1, 8, SIDE, SIDE])
  t.is(batch.masks.dtype, 'uint8')
  t.deepEqual(batch.maskFramesXyxy.shape, [1, 8, 4])
  t.deepEqual(wholeMask(batch, 0, SIZE), polygons.pixels)
  t.deepEqual(wholeMask(batch, 1, SIZE), runs.pixels)
  t.deepEqual(wholeMask(batch, 2, SIZE), runs.pixels)
})

test('free places have an empty mask in a frame of one pixel a cell', (t) => {
  const { masks, maskFramesXyxy } = masksOf([sampleOf([polygons.segmentation]), sampleOf([])])
  for (let place = 1; place < 16; place++) {
    t.true(masks.data.subarray(place * SIDE ** 2, (place + 1) * SIDE ** 2).every((c) => c === 0))
    t.deepEqual([...maskFramesXyxy.data.subarray(4 * place, 4 * place + 4)], [0, 0, SIDE, SIDE])
  }
})

test('masks are resized and mirrored with their image', (t) => {
  for (const flip of [false, true]) {
    const size: Size = [75, 100]
    const sample = sampleOf([polygons.segmentation, runs.segmentation])
    const batch = masksOf([sample], { scale: [100, 75], flip })
    t.deepEqual(wholeMask(batch, 0, size), placed(polygons.pixels, size, flip))
    t.deepEqual(wholeMask(batch, 1, size), placed(runs.pixels, size, flip))
  }
})

test('an object longer than the frame has cells of several pixels', (t) => {
  const frame = masksOf([sampleOf([polygons.segmentation])], { scale: [640, 480] }).maskFramesXyxy
  t.deepEqual([...frame.data.subarray(0, 4)], [20, 20, 20 + 3 * SIDE, 20 + 2 * SIDE])
})

test('masks follow their boxes where a box is dropped, and their image', (t) => {
  const boxes = [
    [64, 0, 70, 10],
    [2, 2, 31, 22],
    [5, 48, 8, 60],
    [5, 3, 8, 15],
  ]
  const full = [[0, 0, 64, 0, 64, 48, 0, 48]]
  const batch = masksOf([
    sampleOf([runs.segmentation]),
    sampleOf([full, polygons.segmentation, full, runs.segmentation], boxes),
  ])
  t.deepEqual([...batch.labels.data.subarray(8, 11)], [1, 3, -1])
  t.deepEqual(wholeMask(batch, 0, SIZE), runs.pixels)
  t.deepEqual(wholeMask(batch, 8, SIZE), polygons.pixels)
  t.deepEqual(wholeMask(batch, 9, SIZE), runs.pixels)
})

test('crowds are left out with their masks', async (t) => {
  const crowd = { id: 1, image_id: 7, category_id: 17, bbox: [5, 3, 3, 12], area: 29, iscrowd: 1 }
  const annotations = [
    { ...crowd, segmentation: runs.segmentation },
    { ...crowd, id: 2, iscrowd: 0, segmentation: polygons.segmentation },
  ]
  const annFile = await writeAnnotations(await temporaryFolder(t), oneCat({ annotations }))
  const { samples } = await loadCoco({ annFile, imageDir: 'images', mode: 'train' })
  const batch = masksOf(samples)
  t.deepEqual([...batch.labels.data], [0, -1, -1, -1, -1, -1, -1, -1])
  t.deepEqual(wholeMask(batch, 0, SIZE), polygons.pixels)
})

test('memory of other batches is written over, free places too', (t) => {
  const samples = [sampleOf([polygons.segmentation]), sampleOf([]), sampleOf([runs.segmentation])]
  const images = samples.map((sample) => placeImage(sample, { scale: [64, 48], flip: false }))
  const request = maskRequest(planBatch(images, 32))
  const fresh = drawMasks(request)
  const bytes = fresh.cells.length
  for (const [size, isUsed] of [
    [bytes - 1, false],
    [bytes, true],
    [2 * bytes, true],
  ] as const) {
    const spare = new Uint8Array(size).fill(77).buffer
    const masks = drawMasks(request, spare)
    t.is(Buffer.compare(masks.cells, fresh.cells), 0)
    t.deepEqual(masks.framesXyxy, fresh.framesXyxy)
    t.is(masks.cells.buffer === spare, isUsed)
  }
})

test('masks are neither made nor missed where they are not asked for', (t) => {
  const images = [placeImage(sampleOf([undefined]), { scale: [64, 48], flip: false })]
  const { tensors } = assembleBatch(planBatch(images, 32), new Uint8Array(0))
  t.deepEqual(Object.keys(tensors), ['images', 'imageSizes', 'boxesXyxy', 'labels'])
})

/** Masks that cannot be used, each the second object of its image. */
const unusable: [what: string, segmentation: unknown, sentence: string][] = [
  [
    'none',
    undefined,
    'has no segmentation, and the model learns masks; give it polygons or a run-length encoding, or train a model of boxes',
  ],
  [
    'null',
    null,
    'has no segmentation, and the model learns masks; give it polygons or a run-length encoding, or train a model of boxes',
  ],
  ['no polygon', [], 'has a mask that has no polygons; give it one, x1 y1 x2 y2 x3 y3 ...'],
  [
    'a polygon without a list around it',
    polygons.segmentation[0],
    'has a mask that has 2 as polygon [0]; a polygon is a list of numbers x1 y1 x2 y2 x3 y3 ...',
  ],
  [
    'a polygon of one number',
    [[3]],
    'has a mask that has a first polygon of 1 numbers; a polygon has 6 numbers or more, x1 y1 x2 y2 x3 y3 ...',
  ],
  [
    'a coordinate that is no number',
    [[1, 2, null, 4, 5, 6]],
    'has a mask that has the coordinate null at [2], in polygon [0]; coordinates are numbers of pixels, within 429 million of 0',
  ],
  [
    'run lengths of another sum than their size',
    { size: SIZE, counts: [100, 20] },
    'has a mask that has runs of 120 pixels in all, where its size [48, 64] has 3072; repair its counts or its size',
  ],
  [
    'a mask of another size',
    { size: [10, 12], counts: [100, 20] },
    'has a mask of 12 x 10 pixels, but its image is 64 x 48; make the mask for this image',
  ],
  [
    'a mask of another size with as many pixels',
    { size: [64, 48], counts: [3000, 72] },
    'has a mask of 48 x 64 pixels, but its image is 64 x 48; make the mask for this image',
  ],
]
for (const [what, segmentation, sentence] of unusable) {
  test(`${what} instead of a mask is refused, and the annotation is named`, (t) => {
    const sample = sampleOf([polygons.segmentation, segmentation as undefined])
    t.throws(() => void masksOf([sample]), {
      instanceOf: DataError,
      message: `a.png: annotation 4712 ${sentence}`,
    })
  })
}
