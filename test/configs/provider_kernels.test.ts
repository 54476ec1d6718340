/**
 * What the CUDA and the WebGPU provider have kernels for, asked of every config's graphs. Both are
 * asked in one test, since making the graphs takes most of the time.
 */
import { readdirSync } from 'node:fs'
import test from 'ava'
import { isClassifier } from '../../classifiers/classifier.js'
import { isDetector } from '../../detectors/detector.js'
import { OPSET } from '../../engine/onnx/model_proto.js'
import { CUDA_KERNELS } from '../../engine/runtime/cuda_kernel_list.js'
import { unsupportedNodes } from '../../engine/runtime/provider_kernels.js'
import { WEBGPU_KERNELS } from '../../engine/runtime/webgpu_kernel_list.js'
import type { Node } from '../../engine/trace/graph.js'
import { loadConfig } from '../../experiments/load.js'
import { buildModel, buildTrainable } from '../../registry.js'
import { deployNodes, trainingNodes } from '../helpers/config_graphs.js'

/**
 * The reasons why nodes would run on the CPU beside CUDA, each once. What is small here may be
 * large in use, so all count.
 */
function reasons(nodes: readonly Node[]): string[] {
  return [...new Set(unsupportedNodes(nodes, CUDA_KERNELS).map(({ reason }) => reason))].sort()
}

/**
 * Operators that would run on the CPU beside WebGPU, with the type that they have no kernel for.
 */
function besideWebGpu(nodes: readonly Node[]): string[] {
  const names = unsupportedNodes(nodes, WEBGPU_KERNELS).map(({ node }) => {
    const [input] = node.inputs
    const extra = node.op === 'MaxPool' ? ' with indices' : ''
    return `${node.op} of ${input?.dtype}${extra}`
  })
  return [...new Set(names)].sort()
}

/** Of the sizes of one network only these: the others are made of the same operators. */
const IMAGENET = ['vanillanet5_imagenet.ts', 'vanillanet13_x1_5_ada_pool_imagenet.ts']

const files = readdirSync('configs').filter(
  (name) => name.endsWith('.ts') && (!name.endsWith('_imagenet.ts') || IMAGENET.includes(name)),
)
const configs = await Promise.all(
  files.map(async (file) => [file, await loadConfig(`configs/${file}`)] as const),
)

test('the lists are of the opset that graphs are written in', (t) => {
  t.is(CUDA_KERNELS.opset, OPSET)
  t.is(WEBGPU_KERNELS.opset, OPSET)
})

/** The nodes that are most of the work. */
function layers(nodes: readonly Node[]): readonly Node[] {
  return nodes.filter(({ op }) => op === 'Conv' || op === 'MatMul')
}

/**
 * Those in full precision, as operators with the shape of what they give, but for its first axis.
 */
function fullLayers(nodes: readonly Node[]): string[] {
  return layers(nodes)
    .filter(({ outputs }) => outputs[0].dtype === 'float32')
    .map(({ op, outputs }) => `${op} to [n, ${outputs[0].shape.slice(1).join(', ')}]`)
}

/**
 * What mixed precision leaves of a training step: the products that cut true masks to the loss's 28
 * x 28 pixels.
 */
const MASK_TARGETS = ['MatMul to [n, 28, 112]', 'MatMul to [n, 28, 28]']

/** What chooses detections: suppression itself, and what reads its indices. */
const CHOOSING = ['Gather of int64', 'NonMaxSuppression of float32', 'Slice of int32']

/** What the losses of a RetinaNet ask for beside. */
const RETINA_LOSSES = [
  'Concat of bool',
  'Sign of float32',
  'Slice of bool',
  'Slice of int32',
  'Transpose of bool',
]
const MASK_RCNN_STEP = [
  'Compress of float32',
  'Concat of bool',
  'FusedMatMul of float32',
  'Gather of int64',
  'GatherND of int64',
  'MaxPool of float32 with indices',
  'NonMaxSuppression of float32',
  'Or of bool',
  'Sign of float32',
  'Slice of bool',
  'Slice of int32',
]

/**
 * With --allow-cpu-nodes these run on the processor; a MaxPool that tells its indices is sent
 * there, since it would fail.
 */
const lacking: Record<string, string[]> = {
  'mask_rcnn_swin_t.ts': MASK_RCNN_STEP,
  'mask_rcnn_vanilla13.ts': MASK_RCNN_STEP,
  'retinanet_swin_t.ts': RETINA_LOSSES,
  'retinanet_vanilla13.ts': [...RETINA_LOSSES, 'MaxPool of float32 with indices'].sort(),
}

/** Those that a step in fp16 has in half precision; the losses' stay in float32. */
const NARROWED = /^(Compress|FusedMatMul|MaxPool) of float32/

test('the training steps that are asked about are of configs', (t) => {
  for (const file of Object.keys(lacking)) t.true(files.includes(file), file)
})

for (const [file, config] of configs) {
  for (const precision of ['fp32', 'fp16'] as const) {
    test(`${file}: every node of the deploy form runs on CUDA in ${precision}`, (t) => {
      const model = buildModel(config.model, { form: 'deploy' })
      const nodes = deployNodes(model, { precision })
      t.true(nodes.length > (isClassifier(model) ? 15 : 100))
      t.deepEqual(reasons(nodes), [])
      if (precision === 'fp16') t.deepEqual(fullLayers(nodes), [])
      else t.is(fullLayers(nodes).length, layers(nodes).length)
      if (precision === 'fp32')
        t.deepEqual(besideWebGpu(nodes), isClassifier(model) ? [] : CHOOSING)
    })

    test(`${file}: every node of a training step runs on CUDA in ${precision}`, (t) => {
      const model = buildTrainable(config.model)
      const size = config.model.type === 'Classifier' ? ([224, 224] as const) : undefined
      const nodes = trainingNodes(config, model, { precision, size })
      t.true(nodes.length > (isClassifier(model) ? 150 : 1500))
      t.true(layers(nodes).length > (isClassifier(model) ? 20 : 200))
      t.deepEqual(reasons(nodes), [])
      const needsMasks = isDetector(model) && model.needsMasks
      if (precision === 'fp16') t.deepEqual(fullLayers(nodes), needsMasks ? MASK_TARGETS : [])
      else t.is(fullLayers(nodes).length, layers(nodes).length)
      if (!(file in lacking)) return
      const expected = lacking[file].map((operator) =>
        precision === 'fp16' ? operator.replace(NARROWED, '$1 of float16') : operator,
      )
      t.deepEqual(besideWebGpu(nodes), expected)
    })
  }
}
