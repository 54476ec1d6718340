import test from 'ava'
import { compile, type Placement, trace } from '../../engine/index.js'
import { nodeName } from '../../engine/onnx/model_proto.js'
import { type PlacedNode, refuseCpuNodes } from '../../engine/runtime/placement.js'
import { DeviceError } from '../../errors.js'
import { floats, ints, scalar } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'

test('a loaded graph tells which provider runs how many nodes', async (t) => {
  const placements: Placement[] = []
  const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.exp(tf.tan(x)) }), {
    name: 'curve',
    onPlaced: (placement) => placements.push(placement),
  })
  await compiled.run({ x: scalar(1) })
  await compiled.run({ x: scalar(2) })
  t.deepEqual(placements, [{ graph: 'curve', nodes: { CPUExecutionProvider: 2 } }])
  await compiled.dispose()
})

const recorded = trace(
  'network',
  ({ x, n }: { x: tf.Tensor; n: tf.Tensor }) => ({ y: tf.exp(x), m: tf.abs(n) }),
  { x: floats([1], [1]), n: ints([0, 0, 0, 0], [4]) },
)
const byName = new Map(recorded.nodes.map((node) => [nodeName(node), node]))
const placed = (providerOf: (op: string) => string): PlacedNode[] =>
  recorded.nodes.map((node) => ({
    provider: providerOf(node.op),
    op: node.op,
    name: nodeName(node),
  }))

test('integers may be counted on the processor', (t) => {
  const onDevice = (op: string) => (op === 'Abs' ? 'CPUExecutionProvider' : 'CUDAExecutionProvider')
  t.notThrows(() => refuseCpuNodes('network', 'cuda', placed(onDevice), byName))
})

test('computing on the processor is refused by the names of the operators', (t) => {
  const onDevice = (op: string) => (op === 'Exp' ? 'CPUExecutionProvider' : 'CUDAExecutionProvider')
  t.throws(() => refuseCpuNodes('network', 'cuda', placed(onDevice), byName), {
    instanceOf: DeviceError,
    message:
      'cuda: 1 of 2 nodes of network would run on the processor (Exp); ' +
      'report it, or accept the slower run with --allow-cpu-nodes',
  })
})

test('a node that is not of the traced graph counts as computing', (t) => {
  const added = [{ provider: 'CPUExecutionProvider', op: 'FusedConv', name: 'fused' }]
  t.throws(() => refuseCpuNodes('network', 'webgpu', added, byName), { message: /\(FusedConv\)/ })
})
