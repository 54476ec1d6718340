import type { Value } from '../graph.js'
import { type Lowering, lower } from '../lowering.js'

/**
 * A kernel of our own, called by `ops/gelu.ts`: `x (1 + erf(x / sqrt(2))) / 2`. Graphs that run
 * here ask for ONNX Runtime's kernel of one pass; exported files spell it out, in the order and
 * with the scalars that ONNX Runtime makes the same of. (ONNX's own Gelu came with opset 20.)
 */
lower('Gelu', (lowering, { inputs: { x } }) => {
  const value = lowering.target === 'x64' ? fused(lowering, x.value) : spelled(lowering, x.value)
  return lowering.ordered(value, x.shape, x.order)
})

function fused(lowering: Lowering, x: Value): Value {
  return lowering.node('Gelu', [x], x, {}, 'com.microsoft')
}

function spelled(lowering: Lowering, x: Value): Value {
  const node = (op: string, ...inputs: Value[]) => lowering.node(op, inputs, x)
  const number = (value: number) => lowering.graph.float(value)
  const error = node('Erf', node('Div', x, number(Math.SQRT2)))
  return node('Mul', node('Mul', x, node('Add', error, number(1))), number(0.5))
}
