import { TraceError } from '../errors.js'
import type { Compiled, CompiledFunction, CompileOptions, RunOptions } from './compiled.js'
import { Session } from './runtime/session.js'
import {
  flattenTree,
  type HostTensor,
  type HostTree,
  isHostTensor,
  mapTree,
  type TensorTree,
  type Tree,
  zeros,
} from './tensors.js'
import {
  isTracedOutput,
  type TracedFunction,
  type TracedOutput,
  trace,
  tracedOutputs,
} from './trace/trace.js'

/** Graphs kept at a time for each compiled function; the one unused for longest goes first. */
const DEFAULT_CACHE_SIZE = 8

/** What graphs that run on this machine are made for. */
export const LOCAL_TARGET = process.arch === 'x64' ? 'x64' : 'portable'

interface LoadedGraph {
  /** Which inputs and outputs the graph has; not its nodes and constants, which the session holds. */
  interface: Pick<TracedFunction, 'inputs' | 'outputs'>
  session: Session | undefined
}

/**
 * A graph and those who run it now. It is freed once it has left the cache and nobody runs it, since
 * freeing it under a run would take the memory that the run works on.
 */
class CachedGraph {
  private users = 0
  private isDropped = false

  constructor(private readonly loading: Promise<LoadedGraph>) {}

  async use<Result>(call: (graph: LoadedGraph) => Promise<Result>): Promise<Result> {
    this.users++
    try {
      return await call(await this.loading)
    } finally {
      this.users--
      await this.freeUnused()
    }
  }

  async drop(): Promise<void> {
    this.isDropped = true
    await this.freeUnused()
  }

  private async freeUnused(): Promise<void> {
    if (!this.isDropped || this.users > 0) return
    const loaded = await this.loading.catch(() => undefined) // its own run has told why it failed
    await loaded?.session?.dispose()
  }
}

/** Runs `fn` as one ONNX graph for each signature of its inputs. */
export function traced<In extends TensorTree, Out extends TensorTree>(
  fn: CompiledFunction<In, Out>,
  options: CompileOptions,
): Compiled<In, Out> {
  const graphs = new Map<string, CachedGraph>()
  const cacheSize = options.cacheSize ?? DEFAULT_CACHE_SIZE

  async function load(inputs: Tree<HostTensor>): Promise<LoadedGraph> {
    const recorded = trace(options.name, fn, inputs, { target: options.target ?? LOCAL_TARGET })
    const needsSession = tracedOutputs(recorded).some(({ leaf }) => leaf.kind === 'computed')
    const session = needsSession
      ? await Session.create(options.name, recorded.encode(), options.session)
      : undefined
    return { interface: { inputs: recorded.inputs, outputs: recorded.outputs }, session }
  }

  /** A graph that fails to load is forgotten, so that the next run tries again. */
  function startLoading(key: string, inputs: Tree<HostTensor>): CachedGraph {
    const loading = load(inputs)
    const graph = new CachedGraph(loading)
    loading.catch(() => {
      if (graphs.get(key) === graph) graphs.delete(key)
    })
    return graph
  }

  function graphFor(inputs: Tree<HostTensor>): CachedGraph {
    const key = signatureKey(inputs)
    const graph = graphs.get(key) ?? startLoading(key, inputs)
    graphs.delete(key)
    graphs.set(key, graph) // now the most recently used
    return graph
  }

  async function dropOldest(): Promise<void> {
    while (graphs.size > cacheSize) {
      const [key, oldest] = graphs.entries().next().value as [string, CachedGraph]
      graphs.delete(key)
      await oldest.drop()
    }
  }

  return {
    async run(inputs: HostTree<In>, { into }: RunOptions = {}): Promise<HostTree<Out>> {
      const tree = inputs as Tree<HostTensor>
      const result = graphFor(tree).use((graph) => runGraph(options.name, graph, tree, into))
      const [outputs] = await Promise.all([result, dropOldest()])
      return outputs as HostTree<Out>
    },
    async dispose() {
      const dropped = [...graphs.values()]
      graphs.clear()
      await Promise.all(dropped.map((graph) => graph.drop()))
    },
  }
}

function signatureKey(inputs: Tree<HostTensor>): string {
  return flattenTree(inputs, isHostTensor)
    .map(({ path, leaf }) => `${path}:${leaf.dtype}[${leaf.shape.join()}]`)
    .join(';')
}

async function runGraph(
  name: string,
  { interface: recorded, session }: LoadedGraph,
  inputs: Tree<HostTensor>,
  into: Tree<HostTensor> | undefined,
): Promise<Tree<HostTensor>> {
  const given = new Map(flattenTree(inputs, isHostTensor).map(({ path, leaf }) => [path, leaf]))
  const targets = new Map(
    into ? flattenTree(into, isHostTensor).map(({ path, leaf }) => [path, leaf] as const) : [],
  )
  const feeds = Object.fromEntries(
    recorded.inputs.map((input) => [input.name, given.get(input.path) as HostTensor]),
  )
  const results: Record<string, HostTensor> = {}
  for (const { path, leaf } of tracedOutputs(recorded)) {
    const target = targets.get(path)
    if (target) refuseOtherShape(name, path, target, leaf)
    if (leaf.kind === 'computed') results[leaf.name] ??= target ?? zeros(leaf.dtype, leaf.shape)
  }
  await session?.run(feeds, results)
  return mapTree(recorded.outputs, isTracedOutput, (output, path) =>
    place(outputOf(output, results, given), targets.get(path)),
  )
}

function outputOf(
  output: TracedOutput,
  results: Readonly<Record<string, HostTensor>>,
  given: ReadonlyMap<string, HostTensor>,
): HostTensor {
  if (output.kind === 'computed') return results[output.name]
  if (output.kind === 'input') return given.get(output.path) as HostTensor
  return { dtype: output.dtype, shape: output.shape, data: output.data as Float32Array }
}

/** The tensor the caller asked the value to be in; a copy where the graph did not write it there. */
function place(value: HostTensor, target: HostTensor | undefined): HostTensor {
  if (target === undefined) return value
  if (target.data !== value.data) target.data.set(value.data)
  return target
}

function refuseOtherShape(
  name: string,
  path: string,
  target: HostTensor,
  output: TracedOutput,
): void {
  const describe = ({ dtype, shape }: { dtype: string; shape: readonly number[] }) =>
    `${dtype} [${shape.join(', ')}]`
  if (describe(target) === describe(output)) return
  throw new TraceError(
    name,
    `output ${path} is ${describe(output)}, but the tensor given for it is ${describe(target)}`,
    'allocate it with the shape of the output',
  )
}
