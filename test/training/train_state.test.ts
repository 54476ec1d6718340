import test from 'ava'
import { floats } from '../../engine/tensors.js'
import { TrainState } from '../../training/train_state.js'
import { TinyDetector } from './tiny_detector.js'

const makeState = () => {
  const detector = new TinyDetector().initialize(1)
  return { detector, state: TrainState.of(detector, ['m', 'v'], { ema: true }) }
}

test('a state has trained weights, buffers, a zero array a slot, and averages of all', (t) => {
  const { current } = makeState().state
  t.deepEqual(Object.keys(current.parameters), ['weight', 'bias'])
  t.deepEqual(Object.keys(current.buffers), ['running_mean', 'frozen'])
  t.deepEqual([...current.optimizer.v.weight.data], Array(12).fill(0))
  t.deepEqual(current.ema.weight.data, current.parameters.weight.data)
  t.deepEqual(Object.keys(current.ema), ['weight', 'bias', 'running_mean', 'frozen'])
})

test('what is written and what is read never share an array, before and after a swap', (t) => {
  const { state } = makeState()
  for (const _ of [0, 1, 2]) {
    const { parameters, optimizer, ema } = state.into()
    for (const name of ['weight', 'bias']) {
      t.not(parameters[name].data, state.current.parameters[name].data)
      t.not(optimizer.m[name].data, state.current.optimizer.m[name].data)
      t.not(ema[name].data, state.current.ema[name].data)
    }
    t.deepEqual(Object.keys(ema), ['weight', 'bias'])
    state.swap({}, {})
  }
})

test('a swap keeps buffers that were not written and takes those that were', (t) => {
  const { state } = makeState()
  const frozen = state.current.buffers.frozen
  const mean = floats([1, 2, 3], [3])
  const average = floats([4, 5, 6], [3])
  state.swap({ running_mean: mean }, { running_mean: average })
  t.is(state.current.buffers.running_mean, mean)
  t.is(state.current.ema.running_mean, average)
  t.is(state.current.buffers.frozen, frozen)
  state.swap({}, {})
  t.is(state.current.buffers.running_mean, mean)
})

test('writeTo gives a detector the weights, or their averages', (t) => {
  const { detector, state } = makeState()
  state.current.parameters.bias.data.fill(7)
  state.writeTo(detector)
  t.deepEqual([...detector.bias.data], [7, 7, 7, 7])
  state.writeTo(detector, 'ema')
  t.deepEqual([...detector.bias.data], [0, 0, 0, 0])
})
