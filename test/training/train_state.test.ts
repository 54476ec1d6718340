import test from 'ava'
import { floats } from '../../host_tensor.js'
import { TrainState } from '../../training/train_state.js'
import { readAll } from './read_all.js'
import { TinyDetector } from './tiny_detector.js'

const makeState = () => {
  const detector = new TinyDetector().initialize(1)
  return { detector, state: TrainState.of(detector, ['m', 'v'], { ema: true }) }
}

test('a state has trained weights, buffers, a zero array a slot, and averages of all', (t) => {
  const current = readAll(makeState().state.current)
  t.deepEqual(Object.keys(current.parameters), ['weight', 'bias'])
  t.deepEqual(Object.keys(current.buffers), ['running_mean', 'frozen'])
  t.deepEqual([...current.optimizer.v.weight.data], Array(12).fill(0))
  t.deepEqual(current.ema.weight.data, current.parameters.weight.data)
  t.deepEqual(Object.keys(current.ema), ['weight', 'bias', 'running_mean', 'frozen'])
})

test('what is written and what is read never share an array, before and after an update', (t) => {
  const { state } = makeState()
  for (const _ of [0, 1, 2]) {
    const into = state.into()
    const { parameters, optimizer, ema } = into
    for (const name of ['weight', 'bias']) {
      t.not(parameters[name].read().data, state.current.parameters[name].read().data)
      t.not(optimizer.m[name].read().data, state.current.optimizer.m[name].read().data)
      t.not(ema[name].read().data, state.current.ema[name].read().data)
    }
    t.deepEqual(Object.keys(ema), ['weight', 'bias'])
    state.take(into)
    t.is(state.current.parameters.weight, parameters.weight)
    state.commit()
  }
})

test('an update keeps buffers that were not written and takes those that were', (t) => {
  const { state } = makeState()
  const frozen = state.current.buffers.frozen
  const mean = floats([1, 2, 3], [3])
  const average = floats([4, 5, 6], [3])
  state.take({ buffers: { running_mean: mean }, ema: { running_mean: average } })
  t.deepEqual(Object.keys(state.changedBuffers()), ['running_mean'])
  state.commit()
  t.deepEqual(state.changedBuffers(), {})
  const { running_mean } = state.current.buffers
  t.deepEqual(running_mean.read(), mean)
  t.deepEqual(state.current.ema.running_mean.read(), average)
  t.is(state.current.buffers.frozen, frozen)
  state.take({})
  state.commit()
  t.is(state.current.buffers.running_mean, running_mean)
})

test('buffers are written in place once an update has changed them', (t) => {
  const { state } = makeState()
  t.deepEqual(state.into().buffers, {})
  state.take({ buffers: { running_mean: floats([1, 2, 3], [3]) } })
  state.commit()
  t.deepEqual(Object.keys(state.into().buffers), ['running_mean'])
})

test('an update that is given up leaves everything as it was', (t) => {
  const { state } = makeState()
  const before = readAll(state.current)
  for (const _ of [0, 1, 2]) {
    const into = state.into()
    for (const tensor of [...Object.values(into.parameters), ...Object.values(into.optimizer.v)]) {
      tensor.read().data.fill(Number.NaN)
    }
    state.take({ ...into, buffers: { running_mean: floats([7, 8, Number.NaN], [3]) } })
    t.true(Number.isNaN(state.current.parameters.bias.read().data[0]))
    state.abandon()
    t.deepEqual(readAll(state.current), before)
  }
})

test('writeTo gives a detector the weights, or their averages', (t) => {
  const { detector, state } = makeState()
  state.current.parameters.bias.read().data.fill(7)
  state.writeTo(detector)
  t.deepEqual([...detector.bias.data], [7, 7, 7, 7])
  state.writeTo(detector, 'ema')
  t.deepEqual([...detector.bias.data], [0, 0, 0, 0])
})

test('a detector keeps what was written to it when the state is gone', (t) => {
  const { detector, state } = makeState()
  state.current.parameters.bias.read().data.fill(7)
  state.writeTo(detector)
  state.dispose()
  t.deepEqual([...detector.bias.data], [7, 7, 7, 7])
})
