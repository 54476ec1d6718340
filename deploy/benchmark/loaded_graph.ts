import {
  flattenTree,
  type HostTensor,
  type HostTree,
  isHostTensor,
  mapTree,
  Session,
  type TensorTree,
  type Tree,
  trace,
  zeros,
} from '../../engine/index.js'
import { isTracedOutput } from '../../engine/trace/trace.js'
import { targetOf } from '../../engine/traced.js'

/**
 * A function in ONNX Runtime whose loading is timed, and which writes its outputs into the same memory at each
 * run: neither tracing nor the clearing of new memory is part of a run.
 */
export class LoadedGraph<In extends TensorTree, Out extends TensorTree> {
  private constructor(
    /** Milliseconds it took to trace the function and to make it ready to run. */
    readonly loadMs: number,
    /** What the last run computed. */
    readonly outputs: HostTree<Out>,
    private readonly session: Session,
    private readonly inputNames: { path: string; name: string }[],
    private readonly fetches: Record<string, HostTensor>,
  ) {}

  /** @param inputs tensors of the shapes and types that every run is given. */
  static async load<In extends TensorTree, Out extends TensorTree>(
    name: string,
    fn: (inputs: In) => Out,
    inputs: HostTree<In>,
  ): Promise<LoadedGraph<In, Out>> {
    const startedAt = performance.now()
    const recorded = trace(name, fn, inputs as Tree<HostTensor>, { target: targetOf({}) })
    const session = await Session.create(name, recorded.encode())
    const loadMs = performance.now() - startedAt
    const fetches: Record<string, HostTensor> = {}
    const outputs = mapTree(recorded.outputs, isTracedOutput, (output, path): HostTensor => {
      if (output.kind !== 'computed') throw new Error(`${name}: output ${path} is not computed`)
      fetches[output.name] ??= zeros(output.dtype, output.shape)
      return fetches[output.name]
    })
    return new LoadedGraph<In, Out>(
      loadMs,
      outputs as HostTree<Out>,
      session,
      recorded.inputs,
      fetches,
    )
  }

  /** Computes `outputs`. */
  async run(inputs: HostTree<In>): Promise<void> {
    const leaves = flattenTree(inputs as Tree<HostTensor>, isHostTensor)
    const given = new Map(leaves.map(({ path, leaf }) => [path, leaf]))
    const feeds = this.inputNames.map(({ path, name }) => [name, given.get(path) as HostTensor])
    await this.session.run(Object.fromEntries(feeds), this.fetches)
  }

  async dispose(): Promise<void> {
    await this.session.dispose()
  }
}
