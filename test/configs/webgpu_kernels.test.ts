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

/** Where a MaxPool must tell its indices, a training step fails on WebGPU; all else can run on the CPU meanwhile. */
const lacking: Record<string, string[]> = {
  'mask_rcnn_swin_t.ts': MASK_RCNN_STEP,
  'mask_rcnn_vanilla13.ts': MASK_RCNN_STEP,
  'retinanet_swin_t.ts': RETINA_LOSSES,
  'retinanet_vanilla13.ts': [...RETINA_LOSSES, 'MaxPool of float32 with indices'].sort(),
}

for (const [file, config] of configs) {
  if (!(file in lacking)) continue
  test(`${file}: what WebGPU lacks for a training step`, (t) => {
    const nodes = trainingNodes(config, buildDetector(config.model), { precision: 'fp32' })
    t.deepEqual(onCpu(nodes), lacking[file])
  })
}
