import { readdirSync } from 'node:fs'
import test from 'ava'
import { OPSET } from '../../engine/onnx/model_proto.js'
import { unsupportedNodes } from '../../engine/runtime/provider_kernels.js'
import { WEBGPU_KERNELS } from '../../engine/runtime/webgpu_kernel_list.js'
import type { Node } from '../../engine/trace/graph.js'
import { loadConfig } from '../../experiments/load.js'
import { buildDetector, buildModel } from '../../registry.js'
import { deployNodes, trainingNodes } from '../helpers/config_graphs.js'

/** Operators that would run on the CPU, with the type that they have no kernel for, each once. */
function onCpu(nodes: readonly Node[]): string[] {
  const names = unsupportedNodes(nodes, WEBGPU_KERNELS).map(({ node }) => {
    const [input] = node.inputs
    const extra = node.op === 'MaxPool' ? ' with indices' : ''
    return `${node.op} of ${input?.dtype}${extra}`
  })
  return [...new Set(names)].sort()
}

const files = readdirSync('configs').filter((name) => name.endsWith('.ts'))
const configs = await Promise.all(
  files.map(async (file) => [file, await loadConfig(`configs/${file}`)] as const),
)

test('the list is of the opset that graphs are written in', (t) => {
  t.is(WEBGPU_KERNELS.opset, OPSET)
})

/** What chooses detections: suppression itself, and what reads its indices. */
const CHOOSING = ['Gather of int64', 'NonMaxSuppression of float32', 'Slice of int32']

for (const [file, { model }] of configs) {
  const expected = model.type === 'Classifier' ? [] : CHOOSING
  test(`${file}: of the deploy form WebGPU lacks kernels for ${expected.length} operators`, (t) => {
    const nodes = deployNodes(buildModel(model, { form: 'deploy' }), { precision: 'fp32' })
    t.true(nodes.length > 40)
    t.deepEqual(onCpu(nodes), expected)
  })
}

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
 * With --allow-cpu-nodes these run on the processor; a MaxPool that returns its indices is sent
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
  if (!(file in lacking)) continue
  for (const precision of ['fp32', 'fp16'] as const) {
    test(`${file}: what WebGPU lacks for a training step in ${precision}`, (t) => {
      const nodes = trainingNodes(config, buildDetector(config.model), { precision })
      const expected = lacking[file].map((operator) =>
        precision === 'fp16' ? operator.replace(NARROWED, '$1 of float16') : operator,
      )
      t.deepEqual(onCpu(nodes), expected)
    })
  }
}
