import { TraceError } from '../errors.js'
import { zeros } from '../host_tensor.js'
import type { Compiled, CompiledFunction, CompileOptions, RunOptions } from './compiled.js'
import type { ComputeOptions } from './compute_options.js'
import { DeviceTensor } from './device_tensor.js'
import { openMemory } from './memory.js'
import { Session } from './runtime/session.js'
import {
  flattenTree,
  type HostTree,
  isRunTensor,
  mapTree,
  type RunTensor,
  type RunTree,
  type TensorTree,
  type Tree,
} from './tensors.js'
import type { Target } from './trace/lowering.js'
import {
  isTracedOutput,
  type TracedFunction,
  type TracedOutput,
  trace,
  tracedOutputs,
} from './trace/trace.js'

/** Graphs kept at a time for each compiled function; the one unused for longest goes first. */
const DEFAULT_CACHE_SIZE = 8

/** The fastest that can run. */
export function targetOf({ device = 'cpu', precision = 'fp32' }: ComputeOptions): Target {
  return device === 'cpu' && precision === 'fp32' && process.arch === 'x64' ? 'x64' : 'portable'
}

interface LoadedGraph {
  /**
   * Which inputs and outputs the graph has; not its nodes and constants, which the session holds.
   */
  interface: Pick<TracedFunction, 'inputs' | 'outputs'>
  session: Session | undefined
}

/**
 * A graph and those who run it now. It is freed once it has left the cache and nobody runs it,
 * since freeing it under a run would take the memory that the run works on.
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
    const loaded = await this.loading.catch(() => undefined) // its own run reported the failure
    loaded?.session?.dispose()
  }
}

/** Runs `fn` as one ONNX graph for each signature of its inputs. */
export function traced<In extends TensorTree, Out extends TensorTree>(
  fn: CompiledFunction<In, Out>,
  options: CompileOptions,
): Compiled<In, Out> {
  const graphs = new Map<string, CachedGraph>()
  const cacheSize = options.cacheSize ?? DEFAULT_CACHE_SIZE

  async function load(inputs: Tree<RunTensor>): Promise<LoadedGraph> {
    const { name, precision, target = targetOf(options) } = options
    const recorded = trace(name, fn, inputs, { target, precision })
    const { nodes, inputs: used, outputs } = recorded
    const needsSession = tracedOutputs(recorded).some(({ leaf }) => leaf.kind === 'computed')
    const session = needsSession
      ? Session.create(name, recorded.encode(), { ...options, ...options.session, nodes })
      : undefined
    return { interface: { inputs: used, outputs }, session }
  }

  /** A graph that fails to load is forgotten, so that the next run tries again. */
  function startLoading(key: string, inputs: Tree<RunTensor>): CachedGraph {
    const loading = load(inputs)
    const graph = new CachedGraph(loading)
    loading.catch(() => {
      if (graphs.get(key) === graph) graphs.delete(key)
    })
    return graph
  }

  function graphFor(inputs: Tree<RunTensor>): CachedGraph {
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

  async function run(
    inputs: RunTree<In>,
    { into }: RunOptions<RunTensor> = {},
  ): Promise<HostTree<Out>> {
    const tree = inputs as Tree<RunTensor>
    const result = graphFor(tree).use((graph) => runGraph(options, graph, tree, into))
    const [outputs] = await Promise.all([result, dropOldest()])
    return outputs as HostTree<Out>
  }

  return {
    run,
    isReady: (inputs) => graphs.has(signatureKey(inputs as Tree<RunTensor>)),
    async prepare(inputs) {
      const loaded = graphFor(inputs as Tree<RunTensor>).use(async () => {})
      await Promise.all([loaded, dropOldest()])
    },
    async dispose() {
      const dropped = [...graphs.values()]
      graphs.clear()
      await Promise.all(dropped.map((graph) => graph.drop()))
    },
  }
}

function signatureKey(inputs: Tree<RunTensor>): string {
  return flattenTree(inputs, isRunTensor)
    .map(({ path, leaf }) => `${path}:${leaf.dtype}[${leaf.shape.join()}]`)
    .join(';')
}

async function runGraph(
  options: CompileOptions,
  { interface: recorded, session }: LoadedGraph,
  inputs: Tree<RunTensor>,
  into: Tree<RunTensor> | undefined,
): Promise<Tree<RunTensor>> {
  const given = new Map(flattenTree(inputs, isRunTensor).map(({ path, leaf }) => [path, leaf]))
  const targets = new Map(
    into ? flattenTree(into, isRunTensor).map(({ path, leaf }) => [path, leaf] as const) : [],
  )
  const feeds = Object.fromEntries(
    recorded.inputs.map((input) => [input.name, given.get(input.path) as RunTensor]),
  )
  const inputOf = new Map([...given].map(([path, tensor]) => [tensor, path]))
  const results: Record<string, RunTensor> = {}
  const made = new Set<RunTensor>()
  for (const { path, leaf } of tracedOutputs(recorded)) {
    const target = targets.get(path)
    if (target) refuseTarget(options.name, path, { target, output: leaf, inputOf })
    if (leaf.kind !== 'computed' || results[leaf.name]) continue
    results[leaf.name] = target ?? zeros(leaf.dtype, leaf.shape)
    if (!target) made.add(results[leaf.name])
  }
  await session?.run(feeds, results)
  return mapTree(recorded.outputs, isTracedOutput, (output, path) => {
    const value = outputOf(output, results, given)
    const target = targets.get(path)
    return !target && made.has(value) ? value : place(value, target, options)
  })
}

function outputOf(
  output: TracedOutput,
  results: Readonly<Record<string, RunTensor>>,
  given: ReadonlyMap<string, RunTensor>,
): RunTensor {
  if (output.kind === 'computed') return results[output.name]
  if (output.kind === 'input') return given.get(output.path) as RunTensor
  return { dtype: output.dtype, shape: output.shape, data: output.data as Float32Array }
}

/**
 * The tensor that the caller asked a value of another's memory to be in, or a new one on the host.
 */
function place(
  value: RunTensor,
  target: RunTensor | undefined,
  compute: ComputeOptions,
): RunTensor {
  if (target === value) return target
  const host = value instanceof DeviceTensor ? value.read() : value
  if (target === undefined) return { ...host, data: host.data.slice() }
  if (target instanceof DeviceTensor) openMemory(compute).write(target, host)
  else target.data.set(host.data)
  return target
}

/** An output is not written to a tensor of another shape, nor to one that the same run reads. */
function refuseTarget(
  name: string,
  path: string,
  {
    target,
    output,
    inputOf,
  }: { target: RunTensor; output: TracedOutput; inputOf: ReadonlyMap<RunTensor, string> },
): void {
  const describe = ({ dtype, shape }: { dtype: string; shape: readonly number[] }) =>
    `${dtype} [${shape.join(', ')}]`
  if (describe(target) !== describe(output)) {
    const what = `output ${path} is ${describe(output)}, but the tensor given for it is ${describe(target)}`
    throw new TraceError(name, what, 'allocate it with the shape of the output')
  }
  const input = inputOf.get(target)
  if (input === undefined) return
  const what = `output ${path} is to be written to the tensor of input ${input}`
  throw new TraceError(name, what, 'give two tensors that change places after each run')
}
