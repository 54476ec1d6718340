import { inflateSync } from 'node:zlib'
import test from 'ava'
import { compile } from '../../engine/index.js'
import { mapTree, toTensor } from '../../engine/tensors.js'
import { floats, type HostTensor, ints, isHostTensor } from '../../host_tensor.js'
import { maskTargets } from '../../ops/mask_targets.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

test.before(() => tf.setBackend('cpu'))

interface Objects {
  masks: number[][][]
  frames: number[][]
  rois: number[][]
  matches: number[]
  canvas?: [height: number, width: number]
}

/** Runs on one image; targets of 4 x 4, a string for each row. */
function targetsOf({ masks, frames, rois, matches, canvas }: Objects): string[][] {
  const targets = maskTargets(
    {
      masks: tf.tensor4d([masks], undefined, 'int32'),
      framesXyxy: tf.tensor3d([frames]),
      canvasSizes: canvas && tf.tensor2d([canvas]),
    },
    tf.tensor3d([rois]),
    tf.tensor2d([matches], undefined, 'int32'),
    { size: 4 },
  )
  return (targets.arraySync() as number[][][]).map((rows) => rows.map((row) => row.join('')))
}

/** A mask of 4 x 4 parts from a picture. */
const picture = (...rows: string[]) =>
  rows.map((row) => Array.from(row, (sign) => (sign === '#' ? 255 : 0)))

const corner = picture('##..', '##..', '#...', '....')
const unit = [10, 20, 14, 24] // the frame whose parts are pixels

test('a region like the frame has the mask itself', (t) => {
  const rois = [unit]
  const [target] = targetsOf({ masks: [corner], frames: [unit], rois, matches: [0] })
  t.deepEqual(target, ['1100', '1100', '1000', '0000'])
})

test('outside of its frame a mask is 0', (t) => {
  const rois = [[8, 18, 12, 22]]
  const [target] = targetsOf({ masks: [corner], frames: [unit], rois, matches: [0] })
  t.deepEqual(target, ['0000', '0000', '0011', '0011'])
})

test('a cell covered by half is 1, by less it is 0', (t) => {
  const masks = [127, 128].map((value) => Array(4).fill(Array(4).fill(value)))
  const targets = targetsOf({ masks, frames: [unit, unit], rois: [unit, unit], matches: [0, 1] })
  t.deepEqual(targets, [Array(4).fill('0000'), Array(4).fill('1111')])

  const between = [10.5, 20, 14.5, 24] // samples half way between pixels
  const halves = picture('#.##', '#.##', '#.##', '#.##')
  const [target] = targetsOf({ masks: [halves], frames: [unit], rois: [between], matches: [0] })
  t.deepEqual(target, Array(4).fill('1111'))
})

test('cells larger than a pixel are means of a sample a pixel', (t) => {
  const large = [10, 20, 18, 24] // two pixels a cell on one axis
  const rois = [large]
  const row = '#.##'
  const [target] = targetsOf({
    masks: [picture(row, row, row, row)],
    frames: [unit],
    rois,
    matches: [0],
  })
  t.deepEqual(target, Array(4).fill('1100'))
})

test('a frame of larger parts gives the same targets for a region as many times as large', (t) => {
  const frame = [10, 20, 22, 28] // parts of 3 x 2 pixels
  // A sample beside the centre of a part would see more
  const faint = Array(4).fill([255, 120, 255, 255])
  const targets = targetsOf({
    masks: [corner, faint],
    frames: [frame, frame],
    rois: [frame, frame],
    matches: [0, 1],
  })
  t.deepEqual(targets, [['1100', '1100', '1000', '0000'], Array(4).fill('1011')])
})

test('regions take the mask of their object, and those without one or without a size are 0', (t) => {
  const full = picture('####', '####', '####', '####')
  const empty = [12, 22, 12, 22]
  const targets = targetsOf({
    masks: [corner, full],
    frames: [unit, unit],
    rois: [unit, unit, unit, unit, empty],
    matches: [1, -1, 0, -2, 1],
  })
  const [ones, zeros] = ['1111', '0000'].map((row) => Array(4).fill(row))
  t.deepEqual(targets, [ones, zeros, ['1100', '1100', '1000', '0000'], zeros, zeros])
})

test('padding instead of objects gives 0', (t) => {
  const none = picture('....', '....', '....', '....')
  const targets = targetsOf({
    masks: [none],
    frames: [[0, 0, 0, 0]],
    rois: [unit, [0, 0, 0, 0]],
    matches: [-1, -1],
  })
  t.deepEqual(targets, [Array(4).fill('0000'), Array(4).fill('0000')])
})

test('without objects all targets are 0', (t) => {
  const targets = maskTargets(
    { masks: tf.zeros([2, 0, 4, 4], 'int32'), framesXyxy: tf.zeros([2, 0, 4]) },
    tf.zeros([2, 3, 4]),
    tf.fill([2, 3], -1, 'int32'),
  )
  t.deepEqual(targets.shape, [6, 28, 28])
  t.true(targets.dataSync().every((value) => value === 0))
})

test('regions end at the canvas, whose border reaches half a pixel further', (t) => {
  const full = picture('####', '####', '####', '####')
  const object = { masks: [full], frames: [[0, 0, 4, 4]], matches: [0, 0] }
  const rois = [
    [-4, -4, 1, 1],
    [0, 0, 1, 1],
  ]
  const [clipped, whole] = targetsOf({ ...object, rois, canvas: [4, 4] })
  t.deepEqual([clipped, whole], [Array(4).fill('1111'), Array(4).fill('1111')])
  // Without a canvas pixels outside are 0, and the sample at (-3/8, -3/8) has 25/64 of the first
  // one.
  t.deepEqual(targetsOf({ ...object, rois: rois.slice(1), matches: [0] })[0], [
    '0111',
    '1111',
    '1111',
    '1111',
  ])
})

interface MaskCase {
  title: string
  canvas: [number, number]
  parts: number
  size: number
  masks: string
  frames: number[][]
  rois: PackedTensor
  matches: number[]
  targets: string
  ties: number[]
}

type MaskInputs = Record<'masks' | 'frames' | 'canvas' | 'rois' | 'matches', tf.Tensor>

const fixture = readFixture<{ pixels: MaskCase[]; stretched: MaskCase[] }>('mask_targets.json')
const inflate = (base64: string) => inflateSync(Buffer.from(base64, 'base64'))

function inputsOf({ canvas, parts, masks, frames, rois, matches }: MaskCase) {
  const bytes: HostTensor = {
    dtype: 'uint8',
    shape: [1, frames.length, parts, parts],
    data: Uint8Array.from(inflate(masks)),
  }
  return {
    masks: bytes,
    frames: floats(frames.flat(), [1, frames.length, 4]),
    canvas: floats(canvas, [1, 2]),
    rois: floats(unpack(rois), [1, matches.length, 4]),
    matches: ints(matches, [1, matches.length]),
  }
}

const targetsOfSize = (size: number) => (inputs: MaskInputs) => ({
  targets: maskTargets(
    {
      masks: inputs.masks as tf.Tensor4D,
      framesXyxy: inputs.frames as tf.Tensor3D,
      canvasSizes: inputs.canvas as tf.Tensor2D,
    },
    inputs.rois as tf.Tensor3D,
    inputs.matches as tf.Tensor2D,
    { size },
  ),
})

/** The reference's targets, a number a cell. */
function expectedOf({ targets, size, matches }: MaskCase): number[] {
  const bits = inflate(targets)
  const count = matches.length * size * size
  return Array.from({ length: count }, (_, i) => (bits[i >> 3] >> (7 - (i & 7))) & 1)
}

/**
 * Cells in which a run differs from the reference; where the reference is within 1e-5 of 0.5 it
 * may.
 */
async function differences(reference: MaskCase, engine: 'tfjs' | 'onnxruntime') {
  const compiled = compile(targetsOfSize(reference.size), { name: 'maskTargets', engine })
  const { targets } = await compiled.run(inputsOf(reference))
  await compiled.dispose()
  const ties = new Set(reference.ties)
  const expected = expectedOf(reference)
  const differing = expected.filter((value, i) => value !== targets.data[i] && !ties.has(i))
  return { shape: targets.shape, share: differing.length / expected.length }
}

for (const engine of ['tfjs', 'onnxruntime'] as const) {
  for (const reference of fixture.pixels) {
    test(`${reference.title}: targets are those from whole bitmaps, run by ${engine}`, async (t) => {
      const { size, matches } = reference
      const expected = { shape: [matches.length, size, size], share: 0 }
      t.deepEqual(await differences(reference, engine), expected)
    })
  }
}

for (const reference of fixture.stretched) {
  test(`${reference.title}: nearly all targets are those from whole bitmaps`, async (t) => {
    const { share } = await differences(reference, 'onnxruntime')
    t.true(share < 0.002, `${share} of the cells differ`)
    t.log(`${share}`)
  })
}

for (const reference of [...fixture.pixels, ...fixture.stretched]) {
  test(`${reference.title}: traced, targets are as eager`, async (t) => {
    await tracedEqualsEager(t, targetsOfSize(reference.size), inputsOf(reference))
  })
}

test('images do not mix', (t) => {
  const canvases = [fixture.pixels[0].canvas, [50, 60]]
  const images = canvases.map((canvas, i) => {
    const inputs = mapTree(inputsOf(fixture.pixels[i]), isHostTensor, toTensor) as MaskInputs
    const head = (x: tf.Tensor, count: number) => tf.slice(x, [0, 0], [1, count])
    return {
      masks: head(inputs.masks, 8),
      frames: head(inputs.frames, 8),
      canvas: tf.tensor2d([canvas]),
      rois: head(inputs.rois, 40),
      matches: head(inputs.matches, 40),
    }
  })
  const join = (name: keyof MaskInputs) => tf.concat(images.map((image) => image[name]))
  const batch: MaskInputs = {
    masks: join('masks'),
    frames: join('frames'),
    canvas: join('canvas'),
    rois: join('rois'),
    matches: join('matches'),
  }
  const run = targetsOfSize(28)
  const alone = images.map((image) => run(image).targets)
  assertClose(t, run(batch).targets, tf.concat(alone), 0)
})
