import test from 'ava'
import * as tf from '../../../tf/tf.js'
import { updateAverages } from '../../../training/optim/ema.js'
import { assertClose } from '../../helpers/assert_close.js'
import { reference } from '../reference.js'

test('averages of parameters and buffers move as those of timm ModelEmaV2', (t) => {
  const { decay, before, values, after } = reference.ema
  const tensors = (numbers: Record<string, number[]>) =>
    Object.fromEntries(Object.entries(numbers).map(([name, v]) => [name, tf.tensor1d(v)]))
  const moved = updateAverages(tensors(before), tensors(values), decay)
  t.deepEqual(Object.keys(moved), Object.keys(after))
  for (const [name, expected] of Object.entries(after)) assertClose(t, moved[name], expected, 1e-6)
})

test('an average that equals its value stays exactly', (t) => {
  const value = { w: tf.tensor1d([0.1, 1e-20, 12345.678]) }
  const moved = updateAverages(value, value, 0.9998)
  t.deepEqual(moved.w.dataSync(), value.w.dataSync())
})
