import { readdirSync } from 'node:fs'
import test from 'ava'
import { OPSET } from '../../engine/onnx/model_proto.js'
import { CUDA_KERNELS } from '../../engine/runtime/cuda_kernel_list.js'
import { unsupportedNodes } from '../../engine/runtime/provider_kernels.js'
import type { Node } from '../../engine/trace/graph.js'
import { loadConfig } from '../../experiments/load.js'
import { buildDetector, buildModel } from '../../registry.js'
import { deployNodes, trainingNodes } from '../helpers/config_graphs.js'

/**
 * The reasons why nodes would run on the CPU, each once. What is small here may be large in use, so
 * all count.
 */
function reasons(nodes: readonly Node[]): string[] {
  return [...new Set(unsupportedNodes(nodes, CUDA_KERNELS).map(({ reason }) => reason))].sort()
}

const files = readdirSync('configs').filter((name) => name.endsWith('.ts'))
const configs = await Promise.all(
  files.map(async (file) => [file, await loadConfig(`configs/${file}`)] as const),
)

test('the list is of the opset that graphs are written in', (t) => {
  t.is(CUDA_KERNELS.opset, OPSET)
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

for (const [file, config] of configs) {
  for (const precision of ['fp32', 'fp16'] as const) {
    test(`${file}: every node of the deploy form runs on CUDA in ${precision}`, (t) => {
      const model = buildModel(config.model, { form: 'deploy' })
      const nodes = deployNodes(model, { precision })
      t.true(nodes.length > (file.includes('classifier') ? 30 : 100))
      t.deepEqual(reasons(nodes), [])
      if (precision === 'fp16') t.deepEqual(fullLayers(nodes), [])
      else t.is(fullLayers(nodes).length, layers(nodes).length)
    })

    if (config.model.type === 'Classifier') continue // those are counted and timed, not trained
    test(`${file}: every node of a training step runs on CUDA in ${precision}`, (t) => {
      const detector = buildDetector(config.model)
      const nodes = trainingNodes(config, detector, { precision })
      t.true(nodes.length > 1500)
      t.true(layers(nodes).length > 200)
      t.deepEqual(reasons(nodes), [])
      if (precision === 'fp16')
        t.deepEqual(fullLayers(nodes), detector.needsMasks ? MASK_TARGETS : [])
      else t.is(fullLayers(nodes).length, layers(nodes).length)
    })
  }
}
