import { DeviceError } from '../../errors.js'
import type { Placement } from '../compute_options.js'
import type { Node } from '../trace/graph.js'
import { listed, textOf } from './ort_library.js'
import { isShapeArithmetic } from './provider_kernels.js'
import { PROVIDERS, type RemoteDevice } from './providers.js'

/** A node of a loaded graph. Those that ONNX Runtime has fused or added have names of its own. */
export interface PlacedNode {
  provider: string
  op: string
  name: string
}

/** Entry of a session's options that `placedNodes` needs. */
export const RECORD_PLACEMENT = 'session.record_ep_graph_assignment_info'

const SHOWN_OPERATORS = 5

/** Which provider each node of a session was given to, as ONNX Runtime reports it. */
export function placedNodes(session: bigint): PlacedNode[] {
  return listed('Session_GetEpGraphAssignmentInfo', session).flatMap((part) => {
    const provider = textOf('EpAssignedSubgraph_GetEpName', part)
    return listed('EpAssignedSubgraph_GetNodes', part).map((node) => ({
      provider,
      op: textOf('EpAssignedNode_GetOperatorType', node),
      name: textOf('EpAssignedNode_GetName', node),
    }))
  })
}

/** How many nodes each provider was given. */
export function placementOf(graph: string, placed: readonly PlacedNode[]): Placement {
  const nodes: Record<string, number> = {}
  for (const { provider } of placed) nodes[provider] = (nodes[provider] ?? 0) + 1
  return { graph, nodes }
}

/**
 * Refuses a graph that would compute off the device. A few integers may be counted on the
 * processor, where ONNX Runtime itself likes to do it.
 *
 * @param nodes those of the graph as it was traced, by name.
 */
export function refuseCpuNodes(
  graph: string,
  device: RemoteDevice,
  placed: readonly PlacedNode[],
  nodes: ReadonlyMap<string, Node>,
): void {
  const { provider } = PROVIDERS[device]
  const heavy = placed.filter((node) => {
    const traced = nodes.get(node.name)
    return node.provider !== provider && !(traced && isShapeArithmetic(traced))
  })
  if (heavy.length === 0) return
  const operators = [...new Set(heavy.map(({ op }) => op))]
  const shown = operators.slice(0, SHOWN_OPERATORS).join(', ')
  const more = operators.length > SHOWN_OPERATORS ? ', ...' : ''
  throw new DeviceError(
    device,
    `${heavy.length} of ${placed.length} nodes of ${graph} would run on the processor (${shown}${more})`,
    'report it, or accept the slower run with --allow-cpu-nodes',
  )
}
