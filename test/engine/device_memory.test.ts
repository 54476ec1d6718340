import test from 'ava'
import { loadOnnxruntimeNode } from '../../bench/onnxruntime_node.js'
import {
  type ComputeOptions,
  compile,
  type DeviceTensor,
  ENGINES,
  hostTensor,
  openMemory,
  trace,
} from '../../engine/index.js'
import { targetOf } from '../../engine/traced.js'
import { DeviceError } from '../../errors.js'
import { floats, type HostTensor, scalar } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'

/** One step of gradient descent with momentum on a small network. */
function step({ w, m, x, rate }: { w: tf.Tensor; m: tf.Tensor; x: tf.Tensor; rate: tf.Tensor }) {
  const loss = (w: tf.Tensor) => tf.mean(tf.square(tf.relu(tf.matMul(x, w)))) as tf.Scalar
  const { value, grads } = tf.valueAndGrads(loss as never)([w])
  const momentum = tf.add(tf.mul(m, 0.9), grads[0])
  return { state: { w: tf.sub(w, tf.mul(momentum, rate)), m: momentum }, loss: value }
}

const SIDES = [37, 23]
const initial = Float32Array.from({ length: 37 * 23 }, (_, i) => Math.sin(i))
const batches = Array.from({ length: 5 }, (_, k) =>
  floats(
    Float32Array.from({ length: 11 * 37 }, (_, i) => Math.cos(i * (k + 1))),
    [11, 37],
  ),
)
const start = () => floats(initial.slice(), SIDES)
const zero = () => floats(new Float32Array(37 * 23), SIDES)

/** The same graph step by step through onnxruntime-node. */
async function stepsOfOnnxruntimeNode(): Promise<{ w: Float32Array; losses: number[] }> {
  const signature = { w: start(), m: zero(), x: batches[0], rate: scalar(0) }
  const recorded = trace('step', step, signature, { target: targetOf({}) })
  const ort = await loadOnnxruntimeNode()
  const session = await ort.InferenceSession.create(recorded.encode())
  const state: Record<string, Float32Array> = {
    w: start().data as Float32Array,
    m: zero().data as Float32Array,
  }
  const losses: number[] = []
  for (const { data, shape } of batches) {
    const results = await session.run({
      'in.w': new ort.Tensor(state.w, SIDES),
      'in.m': new ort.Tensor(state.m, SIDES),
      'in.x': new ort.Tensor(data as Float32Array, shape),
      'in.rate': new ort.Tensor(Float32Array.of(0.1), []),
    })
    state.w = results['out.state.w'].data as Float32Array
    state.m = results['out.state.m'].data as Float32Array
    losses.push(Number(results['out.loss'].data[0]))
  }
  return { w: state.w, losses }
}

test('steps whose state stays on the device give the bits that onnxruntime-node gives', async (t) => {
  const memory = openMemory({})
  let current = { w: memory.upload(start()), m: memory.zeros('float32', SIDES) }
  let next = { w: memory.zeros('float32', SIDES), m: memory.zeros('float32', SIDES) }
  const compiled = compile(step, { name: 'step' })
  const losses: number[] = []
  for (const x of batches) {
    const inputs = { ...current, x, rate: scalar(0.1) }
    const { state, loss } = await compiled.run(inputs, { into: { state: next } })
    t.is(state.w as DeviceTensor, next.w)
    ;[current, next] = [next, current]
    losses.push(hostTensor(loss).data[0])
  }
  const expected = await stepsOfOnnxruntimeNode()
  t.true(losses[4] < losses[0])
  t.deepEqual(losses, expected.losses)
  t.deepEqual(current.w.read().data, expected.w)
  for (const tensor of [current.w, current.m, next.w, next.m]) tensor.dispose()
  await compiled.dispose()
})

for (const engine of ENGINES.filter((name) => name !== 'tensorflow')) {
  test(`${engine}: memory keeps what it is given, and takes other numbers`, (t) => {
    const memory = openMemory({ engine })
    const tensor = memory.upload(floats([1, 2, 3, 4], [2, 2]))
    t.deepEqual([tensor.dtype, [...tensor.shape]], ['float32', [2, 2]])
    t.deepEqual([...tensor.read().data], [1, 2, 3, 4])
    memory.write(tensor, floats([5, 6, 7, 8], [2, 2]))
    t.deepEqual([...tensor.read().data], [5, 6, 7, 8])
    t.deepEqual([...memory.zeros('int32', [3]).read().data], [0, 0, 0])
    tensor.dispose()
  })

  test(`${engine}: runs write to tensors of the device, and leave those alone that are no outputs`, async (t) => {
    const memory = openMemory({ engine })
    const compiled = compile(
      ({ x }: { x: tf.Tensor }) => ({
        twice: tf.mul(x, 2),
        same: tf.clone(x),
        known: tf.tensor([7, 8]),
      }),
      { name: 'outputs', engine },
    )
    const x = memory.upload(floats([1, 2], [2]))
    const into = {
      twice: memory.zeros('float32', [2]),
      same: memory.zeros('float32', [2]),
      known: memory.zeros('float32', [2]),
      other: memory.upload(floats([9], [1])),
    }
    const outputs = await compiled.run({ x }, { into })
    t.deepEqual(Object.keys(outputs), ['twice', 'same', 'known'])
    t.deepEqual([...into.twice.read().data], [2, 4])
    t.deepEqual([...into.same.read().data], [1, 2])
    t.deepEqual([...into.known.read().data], [7, 8])
    t.deepEqual([...into.other.read().data], [9])

    const onHost = await compiled.run({ x })
    t.deepEqual([...onHost.twice.data], [2, 4])
    t.deepEqual([...onHost.same.data], [1, 2])
    await compiled.dispose()
  })
}

test('the memory of the processor is the array itself', async (t) => {
  const array = floats([1, 2, 3], [3])
  const tensor = openMemory({}).upload(array)
  t.is(tensor.read(), array)
  const compiled = compile(({ x }: { x: tf.Tensor }) => tf.neg(x), { name: 'negative' })
  const result: HostTensor = await compiled.run({ x: tensor } as never)
  t.deepEqual([...result.data], [-1, -2, -3])
})

test('a tensor that was disposed of, or is of another engine, is refused', async (t) => {
  const x = openMemory({}).upload(floats([1], [1]))
  const elsewhere = openMemory({ engine: 'tfjs' }).upload(floats([1], [1]))
  const fn = ({ x }: { x: tf.Tensor }) => ({ y: tf.abs(x) })
  const traced = compile(fn, { name: 'abs' })
  const eager = compile(fn, { name: 'abs', engine: 'tfjs' })
  await t.throwsAsync(traced.run({ x: elsewhere }), {
    message: /in.x is a tensor of TensorFlow.js/,
  })
  await t.throwsAsync(eager.run({ x }), { message: /ONNX Runtime was given to a function/ })
  x.dispose()
  await t.throwsAsync(traced.run({ x }), { message: /after it was disposed of/ })
})

test("what comes out on the host is nobody else's, and no output goes where the run reads", async (t) => {
  const memory = openMemory({})
  const x = memory.upload(floats([1, 2], [2]))
  const compiled = compile(
    ({ x }: { x: tf.Tensor }) => {
      const y = tf.mul(x, 2)
      return { same: tf.clone(x), known: tf.tensor([7, 8]), y, alias: tf.clone(y) }
    },
    { name: 'outputs' },
  )
  const into = { y: memory.zeros('float32', [2]) }
  const outputs = await compiled.run({ x }, { into })
  for (const name of ['same', 'known', 'alias'] as const) hostTensor(outputs[name]).data.fill(99)
  t.deepEqual([...x.read().data], [1, 2])
  t.deepEqual([...into.y.read().data], [2, 4])
  t.deepEqual([...(await compiled.run({ x })).known.data], [7, 8])
  await t.throwsAsync(compiled.run({ x }, { into: { y: x } }), {
    message:
      'compile(outputs): output y is to be written to the tensor of input x; ' +
      'give two tensors that change places after each run',
  })
  await compiled.dispose()
})

test('what an engine or device cannot do is refused when a function is compiled', (t) => {
  const fn = ({ x }: { x: tf.Tensor }) => tf.abs(x)
  const refusal = (options: ComputeOptions) =>
    t.throws(() => compile(fn, { name: 'abs', ...options }), { instanceOf: DeviceError })?.message
  t.regex(refusal({ engine: 'tfjs', device: 'cuda' }) ?? '', /^tfjs: does not compute on cuda; /)
  t.regex(refusal({ engine: 'tfjs', precision: 'fp16' }) ?? '', /^tfjs: does not compute in fp16; /)
  t.regex(refusal({ precision: 'tf32' }) ?? '', /^cpu: has no tf32, which only cuda has; /)
})
