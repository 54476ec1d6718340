import test from 'ava'
import { Backbone, VanillaNet } from '../../backbones/index.js'
import { MERGE_BOUND, mergeBackbone, reparameterize } from '../../deploy/reparameterize.js'
import { ConfigError, DataError } from '../../errors.js'
import { compilePredict } from '../../evaluation/predictor.js'
import { floats } from '../../host_tensor.js'
import { Random, randomizeNorms } from '../../nn/index.js'
import type * as tf from '../../tf/tf.js'
import { smallMaskRcnn } from './small_mask_rcnn.js'

const imageSize: [number, number] = [48, 64]

function network(): VanillaNet {
  const options = { dims: [8, 8, 12, 16], strides: [1, 2, 2], actNum: 2, outIndices: [0, 2] }
  const vanilla = new VanillaNet(options).initialize(1)
  randomizeNorms(vanilla, 2)
  return vanilla
}

test('both forms agree far within the bound, and the report has a line for each tap', async (t) => {
  const { backbone, differences, worst } = await mergeBackbone(network(), { imageSize })
  t.is((backbone as VanillaNet).form, 'deploy')
  t.deepEqual(
    differences.map(({ stride, channels }) => [stride, channels]),
    [
      [4, 8],
      [16, 16],
    ],
  )
  for (const { largestDifference, largestValue, relative } of differences) {
    t.true(largestDifference > 0, 'two different graphs round differently')
    t.true(largestValue > 0.1, 'the activations have not died out')
    t.is(relative, largestDifference / largestValue)
  }
  t.is(worst, Math.max(...differences.map(({ relative }) => relative)))
  t.true(worst < MERGE_BOUND / 10, `${worst}`)
})

test('the training form is left as it was', async (t) => {
  const backbone = network()
  await mergeBackbone(backbone, { imageSize })
  t.deepEqual(backbone.stateDict(), network().stateDict())
})

test('the same seed compares on the same image', async (t) => {
  const largest = async (seed: number) =>
    (await mergeBackbone(network(), { imageSize, seed })).differences[0].largestValue
  t.is(await largest(3), await largest(3))
  t.not(await largest(3), await largest(4))
})

test("a model's backbone is replaced, and a second run is refused", async (t) => {
  const model: { backbone: Backbone } = { backbone: network() }
  const { backbone } = await reparameterize(model, { imageSize })
  t.is(model.backbone, backbone)
  const error = await t.throwsAsync(reparameterize(model, { imageSize }), {
    instanceOf: ConfigError,
  })
  t.is(
    error.message,
    'model.backbone is in deploy form already; give the checkpoint of the training form',
  )
})

test('lambda other than 1 is refused', async (t) => {
  const model: { backbone: Backbone } = { backbone: network() }
  const before = model.backbone
  const error = await t.throwsAsync(reparameterize(model, { lambda: 0.35 }), {
    instanceOf: ConfigError,
  })
  t.is(
    error.message,
    'lambda is 0.35, and paired convolutions merge at 1 only; ' +
      'train on until the deep-training schedule has ended',
  )
  t.is(model.backbone, before)
})

test('a backbone without a deploy form is refused', async (t) => {
  class PlainNet extends Backbone {
    readonly outChannels = [3]
    readonly strides = [1]

    override forward(images: tf.Tensor4D): tf.Tensor4D[] {
      return [images]
    }
  }
  const error = await t.throwsAsync(mergeBackbone(new PlainNet()), { instanceOf: ConfigError })
  t.is(
    error.message,
    'model.backbone is PlainNet, which has no deploy form; use its weights as they are',
  )
})

test('a merged Mask R-CNN detects what its training form detects', async (t) => {
  const random = new Random('merged Mask R-CNN')
  const shape = [2, 64, 96, 3]
  const data = Uint8Array.from({ length: 2 * 64 * 96 * 3 }, () => random.integer(256))
  const batch = {
    images: { dtype: 'uint8' as const, shape, data },
    imageSizes: floats([64, 96, 60, 50], [2, 2]),
    scaleFactors: floats([1.5, 1.25, 1.5, 1.25, 1, 1, 1, 1], [2, 4]),
  }
  const detections = async (form: 'train' | 'deploy') => {
    const predict = compilePredict(await smallMaskRcnn(form))
    const detected = await predict.run(batch)
    await predict.dispose()
    return detected
  }
  const [train, deploy] = [await detections('train'), await detections('deploy')]
  t.notDeepEqual(deploy.scores.data, train.scores.data, 'two different graphs round differently')
  t.deepEqual(deploy.labels, train.labels)
  const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])))
  t.true(largest(deploy.boxesXyxy.data, train.boxesXyxy.data) < 1e-3)
  t.true(largest(deploy.scores.data, train.scores.data) < 1e-5)
  t.true(largest(deploy.masks!.data, train.masks!.data) < 1e-4)
  t.true(new Set(train.labels.data).size > 1)
  t.true(Math.min(...train.scores.data) < 0.2 && Math.max(...train.scores.data) > 0.8)
})

/** A network whose merge is wrong: `change` is done to the deploy form. */
function wronglyMerged(change: (deploy: VanillaNet) => void): VanillaNet {
  const backbone = network()
  const merge = backbone.reparameterized.bind(backbone)
  backbone.reparameterized = async (multiply) => {
    const deploy = await merge(multiply)
    change(deploy)
    return deploy
  }
  return backbone
}

test('a deploy form that differs by more than the bound is refused with the figure', async (t) => {
  const model: { backbone: Backbone } = {
    backbone: wronglyMerged(({ stages }) => {
      stages[2].conv!.weight.data = stages[2].conv!.weight.data.map((w) => w * 1.01)
    }),
  }
  const before = model.backbone
  const error = await t.throwsAsync(reparameterize(model, { imageSize }), { instanceOf: DataError })
  t.regex(
    error.message,
    /^reparameterize: the deploy form differs by \d\.\de-[23] of the largest value at stride 16, above the bound of 1e-4; look for NaN or for running variances near 0 in the checkpoint$/,
  )
  t.is(model.backbone, before)
})

test('NaN in a checkpoint does not pass the check', async (t) => {
  const backbone = network()
  backbone.stages[0].act.bn!.running_var.data[3] = Number.NaN
  const error = await t.throwsAsync(mergeBackbone(backbone, { imageSize }), {
    instanceOf: DataError,
  })
  t.regex(error.message, /differs by NaN of the largest value at stride 4,/)
})
