import type { ExecutionContext } from 'ava'
import { compile, eager, type TensorTree } from '../../engine/index.js'
import { flattenTree, type HostTree, type Tree } from '../../engine/tensors.js'
import { targetOf } from '../../engine/traced.js'
import { type HostTensor, isHostTensor } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from './assert_close.js'

/**
 * Passes when `fn` gives the same numbers, shapes and types traced to ONNX, for every target, as
 * operation by operation on the TensorFlow.js CPU backend, within `tolerance` relative to the
 * largest value of each output (at least 0.01: gradients that are zero but for rounding differ in
 * all their digits).
 */
export async function tracedEqualsEager<In extends TensorTree, Out extends TensorTree>(
  t: ExecutionContext,
  fn: (inputs: In) => Out,
  inputs: HostTree<In>,
  tolerance = 1e-5,
): Promise<void> {
  await tf.setBackend('cpu')
  const expected = flattenTree((await eager(fn).run(inputs)) as Tree<HostTensor>, isHostTensor)
  for (const target of new Set([targetOf({}), 'portable'] as const)) {
    const compiled = compile(fn, { name: t.title, target })
    const traced = flattenTree((await compiled.run(inputs)) as Tree<HostTensor>, isHostTensor)
    await compiled.dispose()
    assertEqual(t, traced, expected, tolerance)
  }
}

type Leaves = readonly { path: string; leaf: HostTensor }[]

function assertEqual(
  t: ExecutionContext,
  traced: Leaves,
  expected: Leaves,
  tolerance: number,
): void {
  t.deepEqual(
    traced.map(({ path, leaf }) => [path, leaf.dtype, leaf.shape]),
    expected.map(({ path, leaf }) => [path, leaf.dtype, leaf.shape]),
  )
  for (const [i, { leaf }] of traced.entries()) {
    const wanted = Array.from(expected[i].leaf.data)
    const scale = wanted
      .filter(Number.isFinite)
      .reduce((max, x) => Math.max(max, Math.abs(x)), 1e-2)
    const scaled = (values: Iterable<number>) => Array.from(values, (value) => value / scale)
    assertClose(t, scaled(leaf.data), scaled(wanted), tolerance)
  }
}

/** `fn` and, for a scalar made of its outputs, the gradient by every one of its inputs. */
export function withGradients<In extends Record<string, tf.Tensor>>(
  fn: (inputs: In) => tf.Tensor,
): (inputs: In) => { y: tf.Tensor; gradients: Record<string, tf.Tensor> } {
  return (inputs) => {
    const names = Object.keys(inputs)
    const weighted = (...tensors: tf.Tensor[]) => {
      const y = fn(Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as In)
      const weights = Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1))
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape))) as tf.Scalar
    }
    const gradients = tf.grads(weighted)(Object.values(inputs))
    return {
      y: fn(inputs),
      gradients: Object.fromEntries(names.map((name, i) => [name, gradients[i]])),
    }
  }
}
