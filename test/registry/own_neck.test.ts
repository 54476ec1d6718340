/** Necks that somebody else registers. */

import test from 'ava'
import { z } from 'zod'
import { Neck } from '../../necks/index.js'
import { Conv2d } from '../../nn/index.js'
import {
  buildDetector,
  type Config,
  type ModelConfig,
  type NeckContext,
  necks,
} from '../../registry.js'
import * as tf from '../../tf/tf.js'

declare module '../../registry.js' {
  interface NeckRegistry {
    FinestMap: { outChannels: number }
    NoPlace: { outChannels: number }
  }
}

/** The finest map of the backbone, at half its size. */
class FinestMap extends Neck {
  readonly outChannels: number
  readonly strides: readonly number[]
  readonly roiLevels = 1
  readonly conv: Conv2d

  constructor({ outChannels, inChannels, inStrides }: { outChannels: number } & NeckContext) {
    super()
    this.outChannels = outChannels
    this.strides = [2 * inStrides[0]]
    this.conv = new Conv2d({ inChannels: inChannels[0], outChannels, kernelSize: 1, stride: 2 })
  }

  override forward([finest]: tf.Tensor4D[]): tf.Tensor4D[] {
    return [this.conv.forward(finest)]
  }
}

const schema = z.object({ outChannels: z.int() })
necks.register('FinestMap', {
  schema,
  create: (options, context) => new FinestMap({ ...options, ...context }),
})
necks.register('NoPlace', {
  schema,
  create: (options, context) =>
    Object.assign(new FinestMap({ ...options, ...context }), { strides: undefined }) as never,
})

const backbone = {
  type: 'VanillaNet',
  dims: [8, 8, 8],
  strides: [2, 2],
  actNum: 1,
  outIndices: [0, 1],
} as const // strides 8, 16

const retinaNet = (neck: 'FinestMap' | 'NoPlace'): ModelConfig => ({
  type: 'RetinaNet',
  numClasses: 2,
  backbone: { ...backbone, outIndices: [0, 1] },
  neck: { type: neck, outChannels: 8 },
  head: { type: 'RetinaHead', featChannels: 8, stackedConvs: 1 },
})

test('anchors have the strides that a neck publishes', (t) => {
  const detector = buildDetector(retinaNet('FinestMap')).initialize(0)
  const { boxesXyxy } = detector.predict({
    images: tf.zeros([1, 64, 96, 3], 'int32'),
    imageSizes: tf.tensor2d([[64, 96]]),
    scaleFactors: tf.ones([1, 4]),
  })
  t.is(boxesXyxy.shape[0], 1)
  t.deepEqual(Reflect.get(Reflect.get(detector, 'bbox_head'), 'anchors').strides, [16])
})

test('RoIs are read from the maps that a neck names', (t) => {
  const model: Config['model'] = {
    type: 'MaskRCNN',
    numClasses: 2,
    backbone: { ...backbone, outIndices: [0, 1] },
    neck: { type: 'FinestMap', outChannels: 8 },
    rpnHead: { type: 'RPNHead', featChannels: 8 },
    roiHead: { type: 'RoIHead', bbox: { fcChannels: 8 } },
  }
  const detector = buildDetector(model)
  t.deepEqual(Reflect.get(Reflect.get(detector, 'rpn_head'), 'anchors').strides, [16])
  t.deepEqual(Reflect.get(Reflect.get(detector, 'roi_head'), 'extractor').strides, [16])
})

test('a neck that does not say where its maps lie is refused', (t) => {
  t.throws(() => buildDetector(retinaNet('NoPlace')), {
    message:
      "model.neck.type is NoPlace, which has no strides; give the neck's class both strides and roiLevels, as " +
      'necks/neck.ts has them: anchors would lie beside the objects without them',
  })
})
