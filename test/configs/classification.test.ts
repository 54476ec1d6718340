/** Configs of classifiers, held to the published recipes. */
import { readdirSync } from 'node:fs'
import test from 'ava'
import { resolveConfig } from '../../experiments/load.js'
import { buildTrainable, type ClassificationConfig } from '../../registry.js'
import { paramGroups } from '../../training/optim/param_groups.js'

async function load(name: string): Promise<ClassificationConfig> {
  const { default: config } = await import(`../../configs/${name}.js`)
  return resolveConfig(config) as ClassificationConfig
}

/** Learning rate and decay of weights, mixup, decay of layers, of averages, and crop ratio. */
const RECIPES: Record<string, [number, number, number, number | undefined, number, number]> = {
  '5': [3.5e-3, 0.35, 0.1, undefined, 0.99996, 0.875],
  '6': [4.8e-3, 0.32, 0.15, 4, 0.99996, 0.875],
  '7': [4.7e-3, 0.35, 0.4, 5, 0.99996, 0.875],
  '8': [3.5e-3, 0.3, 0.4, undefined, 0.99996, 0.875],
  '9': [3.5e-3, 0.3, 0.4, undefined, 0.99996, 0.875],
  '10': [3.5e-3, 0.25, 0.4, undefined, 0.99996, 0.875],
  '11': [3.5e-3, 0.3, 0.8, undefined, 0.99992, 0.875],
  '12': [3.5e-3, 0.3, 0.8, undefined, 0.99992, 0.95],
  '13': [3.5e-3, 0.3, 0.8, 11, 0.99992, 0.95],
  '13_x1_5': [3.5e-3, 0.3, 0.8, 11, 0.99992, 0.95],
  '13_x1_5_ada_pool': [3.5e-3, 0.3, 0.8, 11, 0.99992, 0.95],
}

test('every ImageNet config has a recipe here', (t) => {
  const files = readdirSync('configs').flatMap((file) => {
    const [, arch] = /^vanillanet(.+)_imagenet\.ts$/.exec(file) ?? []
    return arch ? [arch] : []
  })
  t.deepEqual(files.sort(), Object.keys(RECIPES).sort())
})

for (const [arch, recipe] of Object.entries(RECIPES)) {
  test(`vanillanet${arch}_imagenet trains as published`, async (t) => {
    const { model, data, optimizer, schedule, ema } = await load(`vanillanet${arch}_imagenet`)
    const { learningRate, weightDecay, layerDecay } = optimizer!
    const found = [learningRate, weightDecay, data?.mixing?.mixupAlpha, layerDecay?.numLayers]
    t.deepEqual([...found, ema?.decay, data?.testCropRatio], recipe)
    t.is(layerDecay?.rate, layerDecay && 0.8)
    t.like(model, { loss: 'binaryCrossEntropy', labelSmoothing: 0.1, numClasses: 1000 })
    t.like(model.backbone, { arch, actNum: 3, dropRate: 0.05 })
    t.like(data?.randAugment, { magnitude: 7, numOps: 2, magnitudeStd: 0.5, increasing: true })
    t.deepEqual(data?.erasing, { probability: 0.25 })
    t.is(data?.mixing?.cutmixAlpha, 1)
    t.like(optimizer, { type: 'LAMB', eps: 1e-8, betas: [0.9, 0.999], decayVectors: false })
    t.is(data!.batchSize * optimizer!.accumulate!, 1024)
    const batches = Math.floor(1_281_167 / data!.batchSize)
    t.is(schedule?.warmupIters, 5 * Math.ceil(batches / optimizer!.accumulate!))
    t.like(schedule, { epochs: 300, policy: 'cosine', finalLearningRate: 1e-6 })
    t.deepEqual(schedule?.deepTraining, { decayEpochs: 100, curve: 'linear' })

    const parameters = buildTrainable(model).namedParameters()
    const shapes = parameters.filter(([, p]) => p.trainable).map(([name, p]) => [name, p.shape])
    const { groups, groupOf } = paramGroups(Object.fromEntries(shapes), optimizer!)
    t.is(groups[groupOf['cls2.0.weight']].lrScale, 1)
    t.is(groups[groupOf['stem1.1.weight']].weightDecay, 0)
  })
}

for (const name of ['vanillanet5_cifar10', 'vanillanet5_cifar10_224', 'vanillanet6_finetune']) {
  test(`${name} can be built`, async (t) => {
    const { model, data, optimizer } = await load(name)
    t.true(['CIFAR', 'ImageFolder'].includes(data!.type))
    const parameters = buildTrainable(model).namedParameters()
    const shapes = parameters.filter(([, p]) => p.trainable).map(([name, p]) => [name, p.shape])
    t.true(paramGroups(Object.fromEntries(shapes), optimizer!).groups.length > 0)
  })
}

test('the recipe of the community at 224 pixels', async (t) => {
  const { data, optimizer, schedule } = await load('vanillanet5_cifar10_224')
  t.like(data, { batchSize: 128, imageSize: 224, rotation: 20, flip: 0.5 })
  t.deepEqual(data?.crop, { type: 'resized', scale: [0.6, 1] })
  t.like(optimizer, { type: 'Adam', learningRate: 1e-3, weightDecay: 1e-5 })
  t.like(schedule, { epochs: 50, policy: 'cosine', deepTraining: { decayEpochs: 20 } })
})
