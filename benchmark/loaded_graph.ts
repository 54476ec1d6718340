import type { ComputeOptions } from '../engine/compute_options.js'
import { DeviceTensor } from '../engine/device_tensor.js'
import { openMemory } from '../engine/memory.js'
import { Session } from '../engine/runtime/session.js'
import {
  flattenTree,
  type HostTree,
  isRunTensor,
  mapTree,
  type RunTensor,
  type RunTree,
  type TensorTree,
  type Tree,
} from '../engine/tensors.js'
import { isTracedOutput, trace } from '../engine/trace/trace.js'
import { targetOf } from '../engine/traced.js'
import { zeros } from '../host_tensor.js'

export interface LoadedGraphOptions {
  compute: ComputeOptions
  /** `device`: outputs stay where they are computed. */
  outputs: 'host' | 'device'
}

/**
 * A function in ONNX Runtime whose loading is timed, and which writes its outputs into the same
 * memory at each run: neither tracing nor the clearing of new memory is part of a run.
 */
export class LoadedGraph<In extends TensorTree, Out extends TensorTree> {
  private constructor(
    /** Milliseconds it took to trace the function and to make it ready to run. */
    readonly loadMs: number,
    /** What the last run computed. */
    readonly outputs: RunTree<Out>,
    private readonly session: Session,
    private readonly inputNames: { path: string; name: string }[],
    private readonly fetches: Record<string, RunTensor>,
  ) {}

  /** @param inputs tensors of the shapes and types that every run is given. */
  static load<In extends TensorTree, Out extends TensorTree>(
    name: string,
    fn: (inputs: In) => Out,
    inputs: RunTree<In>,
    { compute, outputs: where }: LoadedGraphOptions,
  ): LoadedGraph<In, Out> {
    const memory = openMemory(compute)
    const startedAt = performance.now()
    const { precision } = compute
    const recorded = trace(name, fn, inputs as Tree<RunTensor>, {
      target: targetOf(compute),
      precision,
    })
    const { nodes } = recorded
    const session = Session.create(name, recorded.encode(), { ...compute, nodes })
    const loadMs = performance.now() - startedAt
    const fetches: Record<string, RunTensor> = {}
    const make = where === 'device' ? memory.zeros : zeros
    const outputs = mapTree(recorded.outputs, isTracedOutput, (output, path): RunTensor => {
      if (output.kind !== 'computed') throw new Error(`${name}: output ${path} is not computed`)
      fetches[output.name] ??= make(output.dtype, output.shape)
      return fetches[output.name]
    })
    return new LoadedGraph<In, Out>(
      loadMs,
      outputs as RunTree<Out>,
      session,
      recorded.inputs,
      fetches,
    )
  }

  /** Computes `outputs`. */
  async run(inputs: RunTree<In>): Promise<void> {
    const leaves = flattenTree(inputs as Tree<RunTensor>, isRunTensor)
    const given = new Map(leaves.map(({ path, leaf }) => [path, leaf]))
    const feeds = this.inputNames.map(({ path, name }) => [name, given.get(path) as RunTensor])
    await this.session.run(Object.fromEntries(feeds), this.fetches)
  }

  /** Frees the graph, and the memory of its outputs. */
  dispose(): void {
    this.session.dispose()
    for (const tensor of Object.values(this.fetches)) {
      if (tensor instanceof DeviceTensor) tensor.dispose()
    }
  }
}

/** Brings the tensors of a tree to where a graph is computed, once for all its runs. */
export function uploaded<T extends TensorTree>(
  inputs: HostTree<T>,
  compute: ComputeOptions,
): RunTree<T> {
  const memory = openMemory(compute)
  const tensors = mapTree(
    inputs as Tree<RunTensor>,
    isRunTensor,
    (tensor): RunTensor => (tensor instanceof DeviceTensor ? tensor : memory.upload(tensor)),
  )
  return tensors as RunTree<T>
}

/** Frees what `uploaded` brought there. */
export function release(tensors: unknown): void {
  for (const { leaf } of flattenTree(tensors as Tree<RunTensor>, isRunTensor)) {
    if (leaf instanceof DeviceTensor) leaf.dispose()
  }
}
