import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { TEXTURE_CLASSES } from '../../datasets/classification/textures.js'
import { onnxMetadata } from '../deploy/onnx_metadata.js'
import { tinyClassification } from '../experiments/tiny_classification.js'
import { configFile, runCommand } from './run_command.js'

const IMAGENET = { pixelMean: [123.675, 116.28, 103.53], pixelStd: [58.395, 57.12, 57.375] }

test.serial("a classifier is exported at data.imageSize, with its classes' names", async (t) => {
  const { folder, path } = await configFile(t, tinyClassification)
  const out = join(folder, 'classifier.onnx')
  const { code, stdout, stderr } = await runCommand('export_onnx', [path, 'random', out, '--json'])
  t.is(code, 0, stderr)
  t.like(JSON.parse(stdout), {
    form: 'deploy',
    inputs: [{ name: 'images', dtype: 'uint8', shape: [1, 32, 32, 3] }],
    outputs: [{ name: 'scores', dtype: 'float32', shape: [1, 10] }],
  })
  t.deepEqual(onnxMetadata(await readFile(out)), {
    classes: TEXTURE_CLASSES,
    inputSize: [32, 32],
    ...IMAGENET,
    testCropRatio: 1, // of tiny pictures the whole is seen
  })

  const larger = ['--cfg-options', 'data.imageSize=64', '--part', 'backbone', '--shape', '96', '64']
  const backbone = join(folder, 'backbone.onnx')
  const args = [path, 'random', backbone, '--form', 'train', ...larger]
  const second = await runCommand('export_onnx', args)
  t.is(second.code, 0, second.stderr)
  t.regex(second.stdout, /backbone, train form, .*\n {2}in {3}images float32 \[1,3,96,64\]$/m)
  t.regex(second.stdout, /^ {2}out {2}feature_0 float32 \[1,8,12,8\]$/m)
  t.like(onnxMetadata(await readFile(backbone)), { inputSize: [96, 64], testCropRatio: 0.875 })
})

test.serial('the file of a detector has its classes and pixel statistics, too', async (t) => {
  const { folder, path } = await configFile(t)
  const out = join(folder, 'detector.onnx')
  const { code, stderr } = await runCommand('export_onnx', [path, 'random', out])
  t.is(code, 0, stderr)
  t.deepEqual(onnxMetadata(await readFile(out)), {
    classes: ['circle', 'square', 'triangle'],
    inputSize: [64, 64],
    ...IMAGENET,
  })
})
