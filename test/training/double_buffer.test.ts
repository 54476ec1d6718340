import test, { type ExecutionContext } from 'ava'
import { compile } from '../../engine/compile.js'
import type { DeviceTensor } from '../../engine/device_tensor.js'
import { openMemory } from '../../engine/memory.js'
import { floats } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'
import { DoubleBuffer } from '../../training/double_buffer.js'

const memory = openMemory({})
const make = (value: number) =>
  new DoubleBuffer(memory, { a: memory.upload(floats([value, value], [2])) })

const valuesOf = (tensors: Record<string, DeviceTensor>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.read().data[0]]))

/** What a run does: writes a number to what it is given. */
function write(t: ExecutionContext, tensors: DoubleBuffer, value: number) {
  const into = tensors.into()
  t.false(Object.values(tensors.latest()).some((tensor) => tensor === into.a))
  into.a.read().data.fill(value)
  tensors.take(into)
}

test('two tensors change places when each update is one run', (t) => {
  const tensors = make(0).reserve(['a'])
  const first = tensors.latest().a
  const second = tensors.into().a
  for (const value of [1, 2, 3, 4]) {
    write(t, tensors, value)
    tensors.commit()
    t.deepEqual(valuesOf(tensors.latest()), { a: value })
    t.is(tensors.latest().a, value % 2 === 1 ? second : first)
  }
})

test('several runs may follow one another, and what was kept is not written to', (t) => {
  const tensors = make(5).reserve(['a']).reserve(['a'])
  const kept = tensors.latest().a
  for (const value of [1, 2, 3, 4]) {
    write(t, tensors, value)
    t.deepEqual(valuesOf(tensors.latest()), { a: value })
    t.is(kept.read().data[0], 5)
  }
  tensors.abandon()
  t.is(tensors.latest().a, kept)
  t.deepEqual(valuesOf(tensors.latest()), { a: 5 })
  write(t, tensors, 6)
  tensors.commit()
  write(t, tensors, 7)
  t.deepEqual(valuesOf(tensors.latest()), { a: 7 })
})

test('what comes out on the host is taken over, and written in place from then on', (t) => {
  const tensors = make(0)
  t.deepEqual(tensors.into(), {})
  tensors.take({ a: floats([1, 1], [2]) })
  t.deepEqual(valuesOf(tensors.changed()), { a: 1 })
  t.deepEqual(tensors.into(), {}, 'there are two tensors, and both are in use')
  tensors.commit()
  t.deepEqual(tensors.changed(), {})
  write(t, tensors, 2)
  tensors.commit()
  t.deepEqual(valuesOf(tensors.latest()), { a: 2 })
})

test('a name that only some runs write keeps its value in the others', (t) => {
  const tensors = make(0).reserve(['a']).reserve(['a'])
  write(t, tensors, 1)
  tensors.commit()
  tensors.take({})
  tensors.commit()
  t.deepEqual(valuesOf(tensors.latest()), { a: 1 })
  write(t, tensors, 2)
  tensors.take({})
  write(t, tensors, 3)
  tensors.commit()
  t.deepEqual(valuesOf(tensors.latest()), { a: 3 })
})

test('a tensor that a run gives back as it was given stays as it is, through the runs that follow', async (t) => {
  const passOn = compile(({ a }: { a: tf.Tensor }) => ({ a: tf.clone(a) }), { name: 'passOn' })
  const twice = compile(({ a }: { a: tf.Tensor }) => ({ a: tf.mul(a, 2) }), { name: 'twice' })
  const tensors = make(4)
  const runOf = async (compiled: typeof passOn) => {
    tensors.take(await compiled.run({ a: tensors.latest().a }, { into: tensors.into() }))
    tensors.commit()
    return valuesOf(tensors.latest())
  }
  t.deepEqual(await runOf(passOn), { a: 4 })
  t.deepEqual(await runOf(twice), { a: 8 })
  t.deepEqual(await runOf(passOn), { a: 8 })
  t.deepEqual(await runOf(twice), { a: 16 })
  await passOn.dispose()
  await twice.dispose()
})

test('dispose frees every tensor once', (t) => {
  const freed: object[] = []
  const watched = {
    ...memory,
    zeros: (...args: Parameters<typeof memory.zeros>) => watch(memory.zeros(...args)),
    upload: (...args: Parameters<typeof memory.upload>) => watch(memory.upload(...args)),
  }
  const made: object[] = []
  function watch(tensor: DeviceTensor): DeviceTensor {
    made.push(tensor)
    tensor.dispose = () => void freed.push(tensor)
    return tensor
  }
  const tensors = new DoubleBuffer(watched, { a: watched.zeros('float32', [2]) })
  tensors.reserve(['a'])
  tensors.take({ a: floats([1, 1], [2]) })
  tensors.commit()
  tensors.take(tensors.into())
  tensors.dispose()
  t.is(made.length, 3)
  t.is(freed.length, 3)
  t.true(made.every((tensor) => freed.includes(tensor)))
})
