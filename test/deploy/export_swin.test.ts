import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { SwinTransformer } from '../../backbones/index.js'
import { loadOnnxruntimeNode } from '../../bench/onnxruntime_node.js'
import { exportOnnx } from '../../deploy/export_onnx.js'
import { RetinaNet } from '../../detectors/index.js'
import { compilePredict, wholeFrames } from '../../evaluation/predictor.js'
import { RetinaHead } from '../../heads/index.js'
import { FPN } from '../../necks/index.js'
import { Random } from '../../nn/index.js'
import { assertClose } from '../helpers/assert_close.js'

const SHAPE = [64, 96] as const
const ort = await loadOnnxruntimeNode()
const folder = await mkdtemp(join(tmpdir(), 'vanilladet-export-swin-'))
test.after.always(() => rm(folder, { recursive: true }))

/** Random weights large enough that some boxes are above the score threshold. */
function swinRetinaNet(): RetinaNet {
  const backbone = new SwinTransformer({
    embedDim: 8,
    depths: [2, 2],
    numHeads: [2, 4],
    windowSize: 5,
    dropPathRate: 0.3,
    outIndices: [1],
  })
  const detector = new RetinaNet({
    backbone,
    neck: new FPN({
      inChannels: backbone.outChannels,
      inStrides: backbone.strides,
      outChannels: 8,
      numOuts: 2,
      addExtraConvs: 'on_input',
    }),
    head: new RetinaHead({
      numClasses: 3,
      inChannels: 8,
      featChannels: 8,
      stackedConvs: 1,
      anchors: { strides: [8, 16] },
      test: { nmsPre: 50, maxPerImage: 20 },
    }),
  }).initialize(1)
  const random = new Random('swinRetinaNet')
  for (const [name, parameter] of detector.namedParameters()) {
    if (parameter.shape.length > 1) {
      const scale = name.includes('retina_cls') ? 1 : 0.3
      parameter.data = parameter.data.map(() => scale * random.normal())
    }
  }
  return detector
}

test('the file of a Swin detector has standard operators only, and detects what predict detects', async (t) => {
  const path = join(folder, 'swin.onnx')
  const detector = swinRetinaNet()
  await exportOnnx(detector, path, { shape: SHAPE })
  t.false((await readFile(path, 'latin1')).includes('com.microsoft'))

  const random = new Random('pixels')
  const data = Uint8Array.from({ length: 64 * 96 * 3 }, () => random.integer(256))
  const images = { dtype: 'uint8' as const, shape: [1, ...SHAPE, 3], data }
  const predict = compilePredict(detector)
  const expected = await predict.run({ images, ...wholeFrames(images.shape) })
  await predict.dispose()
  const session = await ort.InferenceSession.create(path)
  const { boxes, scores, labels } = await session.run({
    images: new ort.Tensor('uint8', data, images.shape),
  })
  await session.release()
  t.deepEqual(Array.from(labels.data as Int32Array), Array.from(expected.labels.data))
  t.true(Math.max(...(labels.data as Int32Array)) >= 0, 'something is detected')
  assertClose(t, scores.data as Float32Array, expected.scores.data, 1e-4)
  assertClose(t, boxes.data as Float32Array, expected.boxesXyxy.data, 1e-3)
})
