import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { compile, trace } from '../../engine/index.js'
import { TraceError } from '../../errors.js'
import { floats, ints, scalar, zeros } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'

const double = ({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 2) })

test('nested records go in, nested records come out', async (t) => {
  const fn = ({ a, more }: { a: tf.Tensor; more: { b: tf.Tensor }[] }) => ({
    sums: [tf.add(a, more[0].b), tf.add(a, more[1].b)],
    nested: { product: tf.mul(a, more[0].b) },
  })
  const compiled = compile(fn, { name: 'nested' })
  const result = await compiled.run({
    a: floats([1, 2], [2]),
    more: [{ b: floats([3, 4], [2]) }, { b: scalar(10) }],
  })
  t.deepEqual([...result.sums[0].data], [4, 6])
  t.deepEqual([...result.sums[1].data], [11, 12])
  t.deepEqual([...result.nested.product.data], [3, 8])
  await compiled.dispose()
})

test('outputs are written into the tensors that were given for them', async (t) => {
  const compiled = compile(double, { name: 'double' })
  const y = zeros('float32', [3])
  const result = await compiled.run({ x: floats([1, 2, 3], [3]) }, { into: { y } })
  t.is(result.y, y)
  t.deepEqual([...y.data], [2, 4, 6])
  await compiled.dispose()
})

test('an input that is returned, a constant and one result twice all come out', async (t) => {
  const fn = ({ x }: { x: tf.Tensor }) => {
    const y = tf.square(x)
    return { x, same: y, again: y, three: tf.scalar(3) }
  }
  const compiled = compile(fn, { name: 'passing' })
  const into = { x: zeros('float32', [2]), again: zeros('float32', [2]) }
  const result = await compiled.run({ x: floats([3, 4], [2]) }, { into })
  t.deepEqual([...into.x.data], [3, 4])
  t.deepEqual([...result.same.data], [9, 16])
  t.deepEqual([...into.again.data], [9, 16])
  t.deepEqual([...result.three.data], [3])
  await compiled.dispose()
})

test('a uint8 input is an int32 tensor inside', async (t) => {
  const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.cast(x, 'float32') }), {
    name: 'bytes',
  })
  const x = { dtype: 'uint8' as const, shape: [3], data: Uint8Array.of(0, 128, 255) }
  t.deepEqual([...(await compiled.run({ x })).y.data], [0, 128, 255])
  await compiled.dispose()
})

test('a signature is traced once, however often it runs, and again after it was dropped', async (t) => {
  let traced = 0
  const fn = ({ x }: { x: tf.Tensor }) => {
    traced++
    return { y: tf.mul(x, 2) }
  }
  const compiled = compile(fn, { name: 'counted', cacheSize: 2 })
  const run = async (size: number) => {
    const { y } = await compiled.run({ x: floats(new Array(size).fill(1), [size]) })
    t.deepEqual([...y.data], new Array(size).fill(2))
  }
  await run(1)
  await run(1)
  await run(2)
  t.is(traced, 2)
  await run(3) // drops the graph of size 1
  await run(2)
  t.is(traced, 3)
  await run(1)
  t.is(traced, 4)
  await compiled.dispose()
})

test('a graph can be made before it runs, as it would be made then', async (t) => {
  let traced = 0
  const fn = ({ x }: { x: tf.Tensor }) => {
    traced++
    return { y: tf.mul(x, 2) }
  }
  const compiled = compile(fn, { name: 'prepared', cacheSize: 1 })
  const x = floats([1, 2], [2])
  t.false(compiled.isReady({ x }))
  await compiled.prepare({ x })
  t.true(compiled.isReady({ x: floats([3, 4], [2]) }))
  t.deepEqual([...(await compiled.run({ x })).y.data], [2, 4])
  t.is(traced, 1)
  await compiled.prepare({ x: floats([1], [1]) })
  t.false(compiled.isReady({ x }), 'the cache holds one')
  await compiled.dispose()
  t.false(compiled.isReady({ x: floats([1], [1]) }))
})

test('of reshapes one after another one is recorded', async (t) => {
  const fn = ({ x }: { x: tf.Tensor }) => {
    const rows = tf.reshape(x, [3, 2])
    const column = tf.reshape(tf.reshape(rows, [6, 1]), [1, 6])
    return { rows: tf.abs(rows), row: tf.abs(column), back: tf.abs(tf.reshape(column, [2, 3])) }
  }
  const x = floats([1, -2, 3, -4, 5, -6], [2, 3])
  const { nodes } = trace('reshapes', fn, { x })
  t.is(nodes.filter(({ op }) => op === 'Reshape').length, 2, 'rows and row; back is x itself')
  const compiled = compile(fn, { name: 'reshapes' })
  const { rows, row, back } = await compiled.run({ x })
  t.deepEqual(
    [rows.shape, row.shape, back.shape],
    [
      [3, 2],
      [1, 6],
      [2, 3],
    ],
  )
  for (const { data } of [rows, row, back]) t.deepEqual([...data], [1, 2, 3, 4, 5, 6])
  await compiled.dispose()
})

test('ONNX Runtime runs what was recorded, or what it makes of that', async (t) => {
  const edges = ({ x }: { x: tf.Tensor }) => {
    const kernel = tf.tensor4d([1, -1], [1, 2, 1, 1])
    return { y: tf.relu(tf.conv2d(x as tf.Tensor4D, kernel, 1, 'valid')) }
  }
  const folder = mkdtempSync(join(tmpdir(), 'profile-'))
  const operatorsOf = async (name: string, optimizations?: 'all' | 'none') => {
    const session = { profilePrefix: join(folder, name), optimizations }
    const compiled = compile(edges, { name: 'edges', target: 'portable', session })
    const { y } = await compiled.run({ x: floats([1, 5, 2, 2], [1, 1, 4, 1]) })
    t.deepEqual([...y.data], [0, 3, 0])
    await compiled.dispose()
    const file = readdirSync(folder).find((found) => found.startsWith(name)) as string
    const events: { args?: { op_name?: string } }[] = JSON.parse(
      readFileSync(join(folder, file), 'utf8'),
    )
    return new Set(events.flatMap(({ args }) => args?.op_name ?? []))
  }
  t.true((await operatorsOf('recorded', 'none')).has('Relu'))
  t.false((await operatorsOf('optimized', 'all')).has('Relu'), 'it goes into the convolution')
  t.false((await operatorsOf('default')).has('Relu'))
  rmSync(folder, { recursive: true })
})

test('runs of one function may overlap', async (t) => {
  const compiled = compile(double, { name: 'overlap' })
  const results = await Promise.all(
    [1, 2, 3, 4].map((value) => compiled.run({ x: floats([value], [1]) })),
  )
  t.deepEqual(
    results.map(({ y }) => y.data[0]),
    [2, 4, 6, 8],
  )
  await compiled.dispose()
})

test('a graph that leaves the cache or is disposed of while it runs ends its run first', async (t) => {
  const fn = ({ x }: { x: tf.Tensor }) => ({
    y: tf.sum(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D)),
  })
  const compiled = compile(fn, { name: 'evicted', cacheSize: 1 })
  const square = (side: number) => ({
    x: floats(new Float32Array(side * side).fill(1), [side, side]),
  })
  await compiled.run(square(600))
  const long = compiled.run(square(600))
  await new Promise((resolve) => setTimeout(resolve, 1))
  const short = compiled.run(square(8))
  t.deepEqual([(await long).y.data[0], (await short).y.data[0]], [600 ** 3, 8 ** 3])
  const last = compiled.run(square(600))
  await new Promise((resolve) => setTimeout(resolve, 1))
  await compiled.dispose()
  t.is((await last).y.data[0], 600 ** 3)
})

test('a signature that cannot be traced does not stand in the way of others', async (t) => {
  let isBroken = true
  const fn = ({ x }: { x: tf.Tensor }) => {
    if (isBroken && x.shape[0] === 1) throw new Error('broken')
    return { y: tf.mul(x, 2) }
  }
  const compiled = compile(fn, { name: 'mended', cacheSize: 1 })
  await t.throwsAsync(compiled.run({ x: floats([1], [1]) }), { message: 'broken' })
  t.deepEqual([...(await compiled.run({ x: floats([1, 2], [2]) })).y.data], [2, 4])
  isBroken = false
  t.deepEqual([...(await compiled.run({ x: floats([3], [1]) })).y.data], [6])
  await compiled.dispose()
})

test('a gradient inside is recorded like everything else', async (t) => {
  const fn = ({ x }: { x: tf.Tensor }) => ({
    slope: tf.grad((v) => tf.sum(tf.pow(v, 3)))(x),
  })
  const compiled = compile(fn, { name: 'cube' })
  const { slope } = await compiled.run({ x: floats([1, 2], [2]) })
  t.deepEqual([...slope.data], [3, 12])
  await compiled.dispose()
})

test('a tensor made outside becomes a constant and stays usable outside', async (t) => {
  await tf.setBackend('cpu')
  const weight = tf.tensor1d([1, 2])
  const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, weight) }), {
    name: 'captured',
  })
  t.deepEqual([...(await compiled.run({ x: floats([5, 6], [2]) })).y.data], [5, 12])
  t.deepEqual([...tf.add(weight, 1).dataSync()], [2, 3])
  await compiled.dispose()
})

test('what the function does not need is not in the graph', (t) => {
  const traced = trace(
    'pruned',
    ({ x, unused }: { x: tf.Tensor; unused: tf.Tensor }) => {
      tf.exp(unused)
      return { y: tf.neg(x) }
    },
    { x: { dtype: 'float32', shape: [2] }, unused: { dtype: 'float32', shape: [2] } },
  )
  t.deepEqual(
    traced.nodes.map((node) => node.op),
    ['Neg'],
  )
  t.deepEqual(
    traced.inputs.map(({ path }) => path),
    ['x'],
  )
})

test('equal work is done once, and channels stay first from one convolution to the next', (t) => {
  const kernel = tf.ones([3, 3, 4, 4]) as tf.Tensor4D
  const traced = trace(
    'layouts',
    ({ x }: { x: tf.Tensor4D }) => {
      const a = tf.relu(tf.conv2d(x, kernel, 1, 'same'))
      const b = tf.relu(tf.conv2d(x, kernel, 1, 'same'))
      return { y: tf.conv2d(tf.add(a, b) as tf.Tensor4D, kernel, 1, 'same') }
    },
    { x: { dtype: 'float32', shape: [2, 8, 8, 4] } },
  )
  const count = (op: string) => traced.nodes.filter((node) => node.op === op).length
  t.is(count('Conv'), 2)
  t.is(count('Relu'), 1)
  t.is(count('Transpose'), 2) // in and out
})

test('uniform numbers are kept as one', (t) => {
  const traced = trace('uniform', ({ x }: { x: tf.Tensor }) => tf.add(x, tf.ones([1000, 1000])), {
    x: { dtype: 'float32', shape: [1000, 1000] },
  })
  t.true(traced.encode().length < 1000)
})

const refusals: Record<string, [(x: tf.Tensor) => tf.Tensor, string]> = {
  'reading a value': [
    (x) => tf.scalar(tf.relu(x).dataSync()[0]),
    'compile(reading a value): dataSync() was called on a traced Relu of shape [2, 3]; ' +
      'a traced value has no numbers yet, so return it as an output',
  ],
  'an operation without an ONNX form': [
    (x) => tf.spectral.fft(tf.complex(x, x)),
    'compile(an operation without an ONNX form): tf.complex needs the kernel Complex, which has no ' +
      'ONNX form here; add one with lower() in engine/trace/kernels/, or compose it of other operations',
  ],
  'an output that was disposed of': [
    (x) => {
      const y = tf.neg(x)
      y.dispose()
      return y
    },
    'compile(an output that was disposed of): output y was disposed; return it from tf.tidy or tf.keep it',
  ],
}

for (const [name, [fn, message]] of Object.entries(refusals)) {
  test(`${name} is refused in one sentence`, async (t) => {
    const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: fn(x) }), { name })
    const input = { x: floats([1, 2, 3, 4, 5, 6], [2, 3]) }
    await t.throwsAsync(compiled.run(input), { instanceOf: TraceError, message })
    // The failed trace leaves nothing behind.
    const next = compile(double, { name: 'next' })
    t.deepEqual([...(await next.run({ x: floats([1], [1]) })).y.data], [2])
    await next.dispose()
  })
}

test('a tensor of the wrong shape for an output is refused with both', async (t) => {
  const compiled = compile(double, { name: 'double' })
  await t.throwsAsync(compiled.run({ x: floats([1], [1]) }, { into: { y: ints([0], [1]) } }), {
    message:
      'compile(double): output y is float32 [1], but the tensor given for it is int32 [1]; ' +
      'allocate it with the shape of the output',
  })
  await compiled.dispose()
})
