import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { isClassifier } from '../../classifiers/classifier.js'
import {
  classEvalOptions,
  evaluateClassifier,
  loadPictures,
} from '../../experiments/classification_task.js'
import { resolveConfig } from '../../experiments/load.js'
import { loadModel, mergeModel } from '../../experiments/load_detector.js'
import { trainConfig } from '../../experiments/train_config.js'
import type { ClassificationConfig } from '../../registry.js'
import { twoEpochs } from './tiny_classification.js'
import { tinyModel } from './tiny_experiment.js'

async function readJsonLines(path: string): Promise<Record<string, number>[]> {
  const text = await readFile(path, 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const progressStream = { write: () => true }

test.serial('a classifier trains, is evaluated and leaves its predictions', async (t) => {
  const { folder, config } = await twoEpochs(t)
  const workDir = join(folder, 'run')
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const { top1, iteration, ap } = await trainConfig(config, { workDir, progressStream, say })
  t.is(iteration, 8)
  t.is(ap, undefined)
  t.is(top1?.last.epoch, 2)
  t.deepEqual(said, [
    `trains on 40 pictures of 10 classes in ${config.data.train.folder}`,
    `evaluates on 20 pictures of 10 classes in ${config.data.val.folder}`,
  ])
  const lines = await readJsonLines(join(workDir, 'evaluations.jsonl'))
  t.deepEqual(
    lines.map(({ iter, epoch }) => [iter, epoch]),
    [
      [4, 1],
      [8, 2],
    ],
  )
  t.is(top1?.last.top1, lines[1].top1)
  const saved = JSON.parse(await readFile(join(workDir, 'predictions.json'), 'utf8'))
  t.is(saved.predictions.length, 20)
  const right = saved.predictions.filter(
    ({ label, labels }: { label: number; labels: number[] }) => labels[0] === label,
  )
  t.is(right.length / 20, lines[1].top1)
  const { train } = JSON.parse(await readFile(join(workDir, 'data.json'), 'utf8'))
  t.like(train, { pictures: 40, classes: { dots: 4 } })
})

/** Deep training over two of three epochs, with everything that is drawn at random. */
function deep(config: ClassificationConfig): ClassificationConfig {
  return resolveConfig(config, [
    'model.labelSmoothing=0.1',
    'model.backbone.dropRate=0.2',
    'data.mixing.mixupAlpha=0.5',
    'data.mixing.cutmixAlpha=1',
    'data.erasing.probability=0.5',
    'ema.decay=0.9',
    'schedule.epochs=3',
    'schedule.deepTraining.decayEpochs=2',
    'schedule.policy=cosine',
    'optimizer.type=LAMB',
  ]) as ClassificationConfig
}

test.serial(
  'a run that stops inside the window of deep training resumes byte for byte',
  async (t) => {
    const { folder, config: plain } = await twoEpochs(t)
    const config = deep(plain)
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')]
    await trainConfig(config, { workDir: whole, progressStream })
    for (const maxIters of [3, 6, undefined]) {
      const resume = maxIters !== 3
      await trainConfig(config, { workDir: parts, resume, maxIters, progressStream })
    }
    for (const file of ['epoch_3.safetensors', 'epoch_3.train_state.safetensors']) {
      t.deepEqual(await readFile(join(parts, file)), await readFile(join(whole, file)), file)
    }
    const [lines, resumed] = await Promise.all(
      [whole, parts].map((dir) => readJsonLines(join(dir, 'evaluations.jsonl'))),
    )
    t.deepEqual(resumed, lines)
  },
)

test.serial(
  'evaluations see the lambda of the run, and only whole deep training merges',
  async (t) => {
    const { folder, config: plain } = await twoEpochs(t)
    const config = deep(plain)
    const workDir = join(folder, 'run')
    await trainConfig(config, { workDir, progressStream })
    const lines = await readJsonLines(join(workDir, 'evaluations.jsonl'))
    const dataset = await loadPictures(config, 'val')
    for (const [i, lambda] of [0, 0.5, 1].entries()) {
      const path = join(workDir, `epoch_${i + 1}.safetensors`)
      const loaded = await loadModel(config, path, { weights: 'ema' })
      t.is(loaded.metadata?.lambda, lambda)
      t.true(isClassifier(loaded.model))
      if (!isClassifier(loaded.model)) return
      const options = { ...classEvalOptions(config.data!, dataset), lambda }
      const { accuracy } = await evaluateClassifier(loaded.model, options)
      t.like(lines[i], accuracy)
      if (lambda === 1) {
        const merged = await mergeModel(loaded)
        t.true(merged.worst < 1e-5)
        t.deepEqual(
          merged.differences.map(({ stride, channels }) => [stride, channels]),
          [[undefined, 10]],
        )
        const deploy = await evaluateClassifier(loaded.model, options)
        t.deepEqual(deploy.accuracy, accuracy)
      } else {
        await t.throwsAsync(loadModel(config, path, { form: 'deploy' }), {
          message: `lambda is ${lambda}, and paired convolutions merge at 1 only; train on: the checkpoint of epoch 3 is the first that can be merged`,
        })
      }
    }
  },
)

test.serial('evaluations of a run average ten crops where the config asks for them', async (t) => {
  const { folder, config: plain } = await twoEpochs(t)
  const config = resolveConfig(plain, ['data.imageSize=40', 'schedule.epochs=1'])
  const tenCrops = resolveConfig(config, ['data.testCrops=10']) as ClassificationConfig
  const workDir = join(folder, 'run')
  await trainConfig(tenCrops, { workDir, progressStream })
  const saved = JSON.parse(await readFile(join(workDir, 'predictions.json'), 'utf8'))
  const { model } = await loadModel(tenCrops, workDir)
  if (!isClassifier(model)) throw new Error('no classifier')
  const dataset = await loadPictures(tenCrops, 'val')
  const scores = async (testCrops: 1 | 10) => {
    const options = classEvalOptions({ ...tenCrops.data!, testCrops }, dataset)
    const { predictions } = await evaluateClassifier(model, options)
    return predictions.map(({ scores }) => scores)
  }
  const ofRun = saved.predictions.map(({ scores }: { scores: number[] }) => scores)
  t.deepEqual(await scores(10), ofRun)
  t.notDeepEqual(await scores(1), ofRun)
})

test.serial('data that cannot be used are refused before anything is written', async (t) => {
  const { folder, config } = await twoEpochs(t)
  const workDir = join(folder, 'run')
  const refusal = async (changes: string[]) => {
    const changed = resolveConfig(config, changes)
    const error = await t.throwsAsync(trainConfig(changed, { workDir, progressStream }))
    return error.message.replaceAll(folder, 'FOLDER')
  }
  t.is(
    await refusal(['model.numClasses=9']),
    'model.numClasses is 9, but FOLDER/textures has 10 classes; set model.numClasses=10, or name other data',
  )
  t.is(
    await refusal([`data.train.folder=${join(folder, 'nowhere')}`]),
    'FOLDER/nowhere: cannot be listed (ENOENT); name a folder of class folders',
  )
  t.is(
    await refusal(['data.testCrops=10']),
    'data.testCrops is 10, but pictures are resized whole, as inputs have 16 pixels; leave it out, or crop from larger pictures: a testCropRatio below 1 and an imageSize from 33 to 383',
  )
  t.is(
    await refusal(['data.batchSize=41']),
    'data.batchSize is 41, but there are 40 pictures to train on; lower it',
  )

  t.is(
    await refusal(['model.backbone.deepTraining=false', 'schedule.deepTraining.decayEpochs=1']),
    'schedule.deepTraining is given, but model.backbone.deepTraining is false; leave out one of them',
  )

  const val = join(folder, 'val')
  await mkdir(join(val, 'dots'), { recursive: true })
  const { folder: textures } = config.data.train
  await copyFile(join(textures, 'dots', '0001.png'), join(val, 'dots', '0001.png'))
  t.regex(
    await refusal([`data.val.folder=${val}`]),
    /^FOLDER\/val: lacks the classes blobs, bricks, .* and 4 more; give both splits the same class folders$/,
  )

  await writeFile(join(textures, 'dots', '0002.png'), '')
  await writeFile(join(textures, 'rings', '0001.png'), 'no picture')
  const broken = await refusal([])
  t.regex(broken, /^2 of 40 pictures cannot be used; repair them, or leave them out:/)
  t.regex(broken, /dots\/0002\.png: .*empty/)
  await rm(join(textures, 'rings'), { recursive: true })
  await mkdir(join(textures, 'rings'))
  t.regex(
    await refusal([]),
    /FOLDER\/textures: has the class rings without images; add images, or remove the folder/,
  )
})

test.serial('the data of detectors and classifiers are kept apart', async (t) => {
  const { folder, config } = await twoEpochs(t)
  const workDir = join(folder, 'run')
  const detector = { ...config, model: tinyModel }
  await t.throwsAsync(trainConfig(detector, { workDir, progressStream }), {
    message:
      'data.type is ImageFolder, but model.type is RetinaNet, which finds objects; name COCO annotations, or use a Classifier',
  })
  const split = { annFile: 'a.json', imageDir: '.' }
  const data = {
    ...{
      train: split,
      val: split,
      scales: [[64, 64]] as [number, number][],
      testScale: [64, 64] as const,
    },
    ...{ batchSize: 2, flip: 0, bucketStep: 64 },
  }
  await t.throwsAsync(trainConfig({ ...config, data }, { workDir, progressStream }), {
    message:
      'data.type is COCO, but model.type is Classifier; use ImageFolder or CIFAR, or make a detector of the model',
  })
})
