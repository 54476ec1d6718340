import type { Failure, OurTimes, SideTimes } from '../../benchmark/cuda_document.js'
import { type GpuMemoryInUse, gpuMemoryInUse } from '../../benchmark/gpu.js'
import { type ComputeOptions, type DeviceName, transferred } from '../../engine/index.js'
import { LaunchedPeer, Peer } from '../peer.js'
import type { Part } from './plan.js'
import { attempt, type Lane, type LaneTimes, sideTimes, warmUp } from './turns.js'

/** How parts are measured. */
export interface PartSettings {
  device: DeviceName
  short: boolean
  allowCpuNodes: boolean
  /** A Python with PyTorch; without it only ours is timed. */
  python?: string
  threads: number
  turns: number
  steps: { train: number; inference: number }
  warmup: number
}

const MIB = 2 ** 20

/** How a part's graphs are computed, and of which nodes each is made, by its name. */
export function computeOf(part: Part, { device, allowCpuNodes }: PartSettings) {
  const placements: Record<string, Readonly<Record<string, number>>> = {}
  const compute: ComputeOptions = {
    device,
    precision: part.precision,
    allowCpuNodes,
    onPlaced: ({ graph, nodes }) => {
      placements[graph] = nodes
    },
  }
  return { compute, placements }
}

/** Our side, warm, with what was measured on the way. */
export class OurLane implements Lane {
  private moved = { up: 0, down: 0 }

  private constructor(
    private readonly take: () => Promise<number>,
    private readonly firstStepMs: number,
    private readonly used: number | null,
  ) {}

  /**
   * Loads what takes steps, and takes the first ones.
   *
   * @param load gives a function that takes a step, and returns its milliseconds.
   */
  static async start(load: () => () => Promise<number>, warmup: number): Promise<OurLane> {
    const before = gpuMemoryInUse()
    const startedAt = performance.now()
    const take = load()
    await take()
    const firstStepMs = performance.now() - startedAt
    await warmUp({ step: take }, warmup)
    const after = gpuMemoryInUse()
    return new OurLane(take, firstStepMs, after ? taken(before, after) : null)
  }

  async step(): Promise<number> {
    const before = transferred()
    const ms = await this.take()
    const after = transferred()
    this.moved = { up: after.up - before.up, down: after.down - before.down }
    return ms
  }

  describe(times: LaneTimes, batch: number): OurTimes | Failure {
    if ('error' in times) return times
    const { firstStepMs, moved, used } = this
    return { ...sideTimes(times, batch), memory: { used }, firstStepMs, moved }
  }
}

/**
 * Memory that a side took from the GPU while it was loaded and warmed, MiB: others of its process
 * may be there already.
 */
function taken(before: GpuMemoryInUse | undefined, after: GpuMemoryInUse): number {
  if (after.ofProcess === undefined) return after.ofAll - (before?.ofAll ?? 0)
  return after.ofProcess - (before?.ofProcess ?? 0)
}

/** PyTorch's side. */
export class TorchLane implements Lane {
  private tensorBytes: number | undefined
  private used: number | null = null

  private constructor(private readonly peer: Peer) {}

  /** @param params of ours: the networks are the same. */
  static start(
    launched: LaunchedPeer,
    spec: object,
    { params, warmup }: { params: number; warmup: number },
  ): Promise<TorchLane | Failure> {
    return attempt(async () => {
      const peer = await Peer.begin(launched, spec)
      if (peer.greeting.params !== params) {
        throw new Error(`PyTorch's network has ${peer.greeting.params} parameters, ours ${params}`)
      }
      const lane = new TorchLane(peer)
      await warmUp(lane, 1 + warmup)
      lane.used = gpuMemoryInUse(launched.pid)?.ofProcess ?? null
      return lane
    })
  }

  get version(): string {
    return this.peer.greeting.version
  }

  async step(): Promise<number> {
    const { ms, allocatedBytes } = await this.peer.step()
    this.tensorBytes = allocatedBytes
    return ms
  }

  describe(times: LaneTimes, batch: number): SideTimes | Failure {
    if ('error' in times) return times
    const { used, tensorBytes } = this
    const tensors = tensorBytes === undefined ? {} : { tensors: tensorBytes / MIB }
    return { ...sideTimes(times, batch), memory: { used, ...tensors } }
  }
}

/** A script of `bench/peers/` that loads PyTorch while ours loads. */
export function launchTorch(script: string, { python }: PartSettings): LaunchedPeer | undefined {
  return LaunchedPeer.launch(script, { python, namedBy: '--python' })
}

/** What a peer is told beside its model. */
export function torchSpec({ precision, batch, shape }: Part, { device, threads }: PartSettings) {
  return { device, precision, batch, shape, threads }
}
