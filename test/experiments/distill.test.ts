import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { ConfigError, DataError } from '../../errors.js'
import { withTeacher } from '../../experiments/distill.js'
import { resolveConfig } from '../../experiments/load.js'
import { loadModel } from '../../experiments/load_detector.js'
import { trainConfig } from '../../experiments/train_config.js'
import { buildTrainable, type Config } from '../../registry.js'
import { twoEpochs } from './tiny_classification.js'
import { tinyModel } from './tiny_experiment.js'

const progressStream = { write: () => true }

/** A tiny run with a teacher that was trained for an epoch: its config and checkpoint. */
async function tinyDistillation(t: Parameters<typeof twoEpochs>[0]) {
  const { folder, config: plain } = await twoEpochs(t)
  const teacherConfig = resolveConfig(plain, ['model.backbone.dims=[4,12]', 'schedule.epochs=1'])
  const teacherDir = join(folder, 'teacher')
  await trainConfig(teacherConfig, { workDir: teacherDir, progressStream })
  const configPath = join(folder, 'teacher.json')
  await writeFile(configPath, JSON.stringify(teacherConfig))
  const checkpoint = join(teacherDir, 'epoch_1.safetensors')
  const distill = { teacher: { config: configPath, checkpoint }, weight: 0.5, temperature: 2 }
  return {
    folder,
    config: { ...plain, distill },
    teacherDir,
    teacherConfig,
    configPath,
    checkpoint,
  }
}

test.serial('a student has only its own weights, and its teacher stays as it is', async (t) => {
  const { folder, config, checkpoint } = await tinyDistillation(t)
  const before = await readFile(checkpoint)
  const workDir = join(folder, 'student')
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const withAverages = resolveConfig(config, ['ema.decay=0.9'])
  await trainConfig(withAverages, { workDir, progressStream, say })
  t.true(said.includes(`learns from ${checkpoint} too, a VanillaNet in deploy form`))
  t.deepEqual(await readFile(checkpoint), before)

  const lines = (await readFile(join(workDir, 'metrics.jsonl'), 'utf8')).trim().split('\n')
  t.is(lines.length, 8)
  for (const line of lines) {
    const { loss, loss_classify, loss_distill } = JSON.parse(line)
    t.true(loss_distill > 0)
    t.true(Math.abs(loss - loss_classify - loss_distill) < 1e-5)
  }

  const { model } = await loadModel(config, workDir)
  const names = model.namedParameters().map(([name]) => name)
  t.deepEqual(await tensorNames(join(workDir, 'epoch_2.safetensors')), names.toSorted())
  const state = await tensorNames(join(workDir, 'epoch_2.train_state.safetensors'))
  t.deepEqual(
    state.filter((name) => name.startsWith('ema.')),
    names.map((name) => `ema.${name}`).toSorted(),
  )
})

test.serial('a run with a teacher resumes byte for byte', async (t) => {
  const { folder, config: plain } = await tinyDistillation(t)
  const config = resolveConfig(plain, [
    'optimizer.accumulate=2',
    'schedule.deepTraining.decayEpochs=1',
    'model.backbone.dropRate=0.2',
    'data.mixing.mixupAlpha=0.5',
  ])
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')]
  await trainConfig(config, { workDir: whole, progressStream })
  await trainConfig(config, { workDir: parts, maxIters: 3, progressStream })
  await trainConfig(config, { workDir: parts, resume: true, progressStream })
  for (const file of ['epoch_2.safetensors', 'epoch_2.train_state.safetensors']) {
    t.deepEqual(await readFile(join(parts, file)), await readFile(join(whole, file)), file)
  }
})

test.serial('distillation in fp16 differs from fp32 by little', async (t) => {
  const { folder, config } = await tinyDistillation(t)
  const losses = async (precision: 'fp16' | 'fp32') => {
    const workDir = join(folder, precision)
    const compute = { precision }
    const lossScale = precision === 'fp16' ? { initial: 16 } : undefined
    await trainConfig({ ...config, lossScale }, { workDir, maxIters: 2, compute, progressStream })
    return (await readFile(join(workDir, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line): number => JSON.parse(line).loss_distill)
  }
  const [half, single] = [await losses('fp16'), await losses('fp32')]
  t.true(single.length > 0)
  t.is(half.length, single.length)
  // Half precision has three digits, and the divergence is a difference.
  for (const [i, loss] of single.entries()) t.true(Math.abs(half[i] - loss) < 0.02 * loss + 1e-4)
})

test('options of a teacher that make no sense are refused', (t) => {
  const teacher = { config: 'teacher.ts', checkpoint: 'teacher.safetensors' }
  const refusal = (distill: object) =>
    t.throws(() => resolveConfig({ model: tinyModel, distill }), { instanceOf: ConfigError })
      .message
  t.is(
    refusal({ teacher, temperature: 0 }),
    'distill.temperature is 0, which is too small; give a number above 0',
  )
  t.is(
    refusal({ teacher, weight: 0 }),
    'distill.weight is 0, which is too small; give a number above 0',
  )
  t.is(
    refusal({ teacher: { config: 'teacher.ts' } }),
    'distill.teacher.checkpoint is missing; give text',
  )
})

test.serial('a teacher that cannot teach is refused before anything is written', async (t) => {
  const { folder, config, teacherConfig, checkpoint } = await tinyDistillation(t)
  const workDir = join(folder, 'run')
  const refusal = async (teacher: Config) => {
    const path = join(folder, `${teacher.model.type}.json`)
    await writeFile(path, JSON.stringify(teacher))
    const distill = { teacher: { config: path, checkpoint } }
    const run = trainConfig({ ...config, distill }, { workDir, progressStream })
    const { message } = await t.throwsAsync(run, { instanceOf: ConfigError })
    return message.replaceAll(folder, 'FOLDER')
  }
  t.is(
    await refusal({ model: tinyModel }),
    'distill.teacher.config is FOLDER/RetinaNet.json, whose model.type is RetinaNet; name the config of a Classifier',
  )
  t.is(
    await refusal(resolveConfig(teacherConfig, ['model.numClasses=9'])),
    'distill.teacher.config is FOLDER/Classifier.json, whose model.numClasses is 9, but the data has 10 classes; name a teacher of the same classes',
  )
  const { folder: textures } = config.data.train
  await rename(join(textures, 'dots'), join(textures, 'dotted'))
  await t.throwsAsync(trainConfig(config, { workDir, progressStream }), {
    instanceOf: DataError,
    message: `${checkpoint}: its class 5 is 'dots', and that of the data 'dotted'; name a teacher that was trained on the same classes in distill.teacher`,
  })
  t.false(existsSync(workDir))
})

test('a detector has no teacher', async (t) => {
  const distill = { teacher: { config: 'teacher.ts', checkpoint: 'teacher.safetensors' } }
  const config = { model: tinyModel, distill }
  const run = withTeacher(config, buildTrainable(tinyModel), { classes: [], say: () => {} })
  await t.throwsAsync(run, {
    instanceOf: ConfigError,
    message: 'distill is given, but model.type is RetinaNet; leave it out, or train a Classifier',
  })
})

/** Names in a safetensors file, sorted. */
async function tensorNames(path: string): Promise<string[]> {
  const bytes = await readFile(path)
  const header = JSON.parse(bytes.subarray(8, 8 + bytes.readUInt32LE(0)).toString())
  return Object.keys(header)
    .filter((name) => name !== '__metadata__')
    .sort()
}
