import test from 'ava'
import { SpareBuffers } from '../../datasets/spare_buffers.js'

test('memory that is added is empty where it came from, and is there once', (t) => {
  const spares = new SpareBuffers()
  const array = new Uint8Array(10).subarray(2, 5)
  spares.add(array)
  t.is(array.length, 0)
  spares.add(array)
  t.is(spares.take(10)?.byteLength, 10)
  t.is(spares.take(1), undefined)
})

test('one that is large enough is given, and of smaller ones one is dropped', (t) => {
  const spares = new SpareBuffers()
  for (const bytes of [4, 9, 5]) spares.add(new Uint8Array(bytes))
  t.is(spares.take(5)?.byteLength, 9)
  t.is(spares.take(6), undefined)
  t.is(spares.take(4)?.byteLength, 5)
  t.is(spares.take(4), undefined)
})

test('shared memory is left alone', (t) => {
  const spares = new SpareBuffers()
  const array = new Uint8Array(new SharedArrayBuffer(4))
  spares.add(array)
  t.is(array.length, 4)
  t.is(spares.take(1), undefined)
})

test('after clear there is none', (t) => {
  const spares = new SpareBuffers()
  spares.add(new Uint8Array(4))
  spares.clear()
  t.is(spares.take(1), undefined)
})
