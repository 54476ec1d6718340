import type { ExecutionContext } from 'ava'
import {
  type CompiledFunction,
  compile,
  flattenTree,
  type HostTensor,
  type HostTree,
  isHostTensor,
  type TensorTree,
  type Tree,
} from '../../engine/index.js'
import { assertClose } from './assert_close.js'

/** Passes when `fn` gives the same numbers traced as operation by operation, output by output. */
export async function assertTracedEqualsEager<In extends TensorTree, Out extends TensorTree>(
  t: ExecutionContext,
  fn: CompiledFunction<In, Out>,
  inputs: HostTree<In>,
  tolerance = 1e-5,
): Promise<void> {
  const [traced, eager] = [
    compile(fn, { name: t.title }),
    compile(fn, { name: t.title, engine: 'tfjs' }),
  ]
  const actual = leaves(await traced.run(inputs))
  const expected = leaves(await eager.run(inputs))
  await traced.dispose()
  t.deepEqual(
    actual.map(({ path, leaf }) => [path, leaf.shape]),
    expected.map(({ path, leaf }) => [path, leaf.shape]),
  )
  for (const [i, { leaf }] of actual.entries()) {
    assertClose(t, leaf.data, expected[i].leaf.data, tolerance)
  }
}

function leaves(tree: unknown) {
  return flattenTree(tree as Tree<HostTensor>, isHostTensor)
}
