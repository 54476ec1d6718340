import type { Node, Value } from '../graph.js'
import { type KernelCall, type Lowering, lower } from '../lowering.js'

/**
 * Kernels of our own, called by `nn/layer_norm.ts`: ONNX's LayerNormalization over the last axis,
 * and the mean and inverse deviation of every row, which the same node returns where a gradient
 * needs them.
 */
lower('LayerNormalization', (lowering, call) => lowering.plain(layerNorm(lowering, call)))

lower('LayerNormalizationStatistics', (lowering, call) => {
  const node = layerNorm(lowering, call).producer as Node
  const [normalised] = node.outputs
  const row = { dtype: 'float32' as const, shape: [...normalised.shape.slice(0, -1), 1] }
  while (node.outputs.length < 3) lowering.graph.addOutput(node, row)
  const [, mean, inverseDeviation] = node.outputs
  return [lowering.plain(mean), lowering.plain(inverseDeviation)]
})

/** The same node wherever the inputs are the same. */
function layerNorm(lowering: Lowering, { inputs, attributes }: KernelCall): Value {
  const values = [inputs.x, inputs.weight, inputs.bias].map((input) => lowering.read(input))
  const output = { dtype: 'float32' as const, shape: inputs.x.shape }
  const epsilon = { float: Number(attributes.epsilon) }
  return lowering.node('LayerNormalization', values, output, { axis: -1, epsilon })
}
