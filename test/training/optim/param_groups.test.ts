import test from 'ava'
import { ConfigError } from '../../../errors.js'
import {
  layerId,
  type ParamGroupOptions,
  paramGroups,
} from '../../../training/optim/param_groups.js'
import { assertClose } from '../../helpers/assert_close.js'
import { reference } from '../reference.js'

const layerDecay = { rate: 0.6, numLayers: 6 }

function groupOf(name: string, shape: number[], options: ParamGroupOptions) {
  const { groups, groupOf } = paramGroups({ [name]: shape }, options)
  return groups[groupOf[name]]
}

test('every parameter of VanillaNet-13 + FPN + RetinaNet is trained as the official constructor says', (t) => {
  const shapes = Object.fromEntries(
    reference.vanillanet13.map(([name, axes]) => [name, Array<number>(axes).fill(2)]),
  )
  const { groups, groupOf } = paramGroups(shapes, { weightDecay: 0.05, layerDecay })
  for (const [name, , learningRate, weightDecay] of reference.vanillanet13) {
    const group = groups[groupOf[name]]
    assertClose(t, (8e-5 * group.lrScale) / learningRate, 1, 1e-12)
    t.is(group.weightDecay, weightDecay, name)
  }
  t.is(groups.length, 16) // eight layers, each with and without decay
})

test('the stem is layer 0, two stages make a layer, and all else comes after the last', (t) => {
  t.is(layerId('backbone.stem2.2.bn.bias', 6), 0)
  t.is(layerId('backbone.stages.0.conv1.0.weight', 6), 1)
  t.is(layerId('backbone.stages.9.conv1.0.weight', 6), 5)
  t.is(layerId('backbone.stages.10.act.weight', 6), 6)
  t.is(layerId('neck.fpn_convs.0.conv.weight', 6), 7)
})

test('in a classifier each stage is a layer, and its logits come after the last', (t) => {
  t.is(layerId('stem1.0.weight', 4), 0)
  t.is(layerId('stages.0.conv1.0.weight', 4), 1)
  t.is(layerId('stages.3.act.bn.weight', 4), 4)
  t.is(layerId('cls1.2.weight', 4), 5)
  t.throws(
    () =>
      paramGroups({ 'stages.4.act.weight': [2, 2] }, { layerDecay: { rate: 0.8, numLayers: 4 } }),
    {
      message:
        'optimizer.layerDecay.numLayers is 4, but the backbone reaches layer 5 (a stage a layer); use 5',
    },
  )
})

test('without layerDecay every parameter decays, as in PyTorch', (t) => {
  t.deepEqual(groupOf('neck.bias', [8], { weightDecay: 0.1 }), { lrScale: 1, weightDecay: 0.1 })
})

test('with decayVectors false, biases and other vectors do not decay', (t) => {
  const options = { weightDecay: 0.1, decayVectors: false }
  t.is(groupOf('norm.weight', [8], options).weightDecay, 0)
  t.is(groupOf('odd.bias', [8, 8], options).weightDecay, 0)
  t.is(groupOf('conv.weight', [8, 8, 1, 1], options).weightDecay, 0.1)
})

test('names that contain a word of noDecay do not decay', (t) => {
  const options = { weightDecay: 0.1, noDecay: ['relative_position_bias_table', 'norm'] }
  t.is(groupOf('layers.0.norm1.weight', [8], options).weightDecay, 0)
  t.is(groupOf('attn.relative_position_bias_table', [169, 3], options).weightDecay, 0)
  t.is(groupOf('attn.qkv.bias', [9], options).weightDecay, 0.1)
})

test('layerDecay on a backbone without numbered layers is refused', (t) => {
  t.throws(() => paramGroups({ 'backbone.layers.0.weight': [2, 2] }, { layerDecay }), {
    instanceOf: ConfigError,
    message:
      'optimizer.layerDecay has no effect, since layers are numbered by the names of VanillaNet ' +
      '(stem..., stages.N..., in a detector after backbone.) and no parameter has one; remove it, or train a VanillaNet',
  })
})

test('too few layers for the backbone are refused', (t) => {
  const options = { layerDecay: { rate: 0.6, numLayers: 3 } }
  t.throws(() => paramGroups({ 'backbone.stages.10.conv1.0.weight': [2, 2] }, options), {
    instanceOf: ConfigError,
    message:
      'optimizer.layerDecay.numLayers is 3, but the backbone reaches layer 6 (two stages a layer); use 6',
  })
})
