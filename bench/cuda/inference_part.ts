import { Candidate, Course, type RunTimes } from '../../benchmark/candidate.js'
import type { Failure, InferenceRow, OurInference } from '../../benchmark/cuda_document.js'
import { stagesOf } from '../../benchmark/stages.js'
import { mapTree } from '../../engine/index.js'
import { loadDetector, RANDOM } from '../../experiments/load_detector.js'
import { isHostTensor, sizeOf } from '../../host_tensor.js'
import { networkNames } from '../../tools/cli/network_names.js'
import { BACKGROUND_PARAMS, peerNetwork } from '../bench_command.js'
import { nestedValues } from '../nested_values.js'
import { configOf, type ModelName } from './models.js'
import type { InferencePart } from './plan.js'
import {
  computeOf,
  launchTorch,
  OurLane,
  type PartSettings,
  TorchLane,
  torchSpec,
} from './sides.js'
import { attempt, inTurns, type LaneTimes, sideTimes } from './turns.js'

/** Two detectors in deploy form, ours and PyTorch's, all taking turns. */
export async function measureInference(
  part: InferencePart,
  settings: PartSettings,
): Promise<{ rows: InferenceRow[]; pytorch?: string }> {
  const { turns, steps } = settings
  const sides: DetectorSides[] = []
  try {
    for (const model of part.models) sides.push(await DetectorSides.load(model, part, settings))
    for (const side of sides) await side.startTorch()
    const lanes = sides.flatMap((side) => side.lanes)
    const times = await inTurns(lanes, { turns, steps: steps.inference })
    let from = 0
    const rows = sides.map((side) => {
      const ofSide = times.slice(from, from + side.lanes.length)
      from += side.lanes.length
      return side.row(ofSide)
    })
    const pytorch = sides.map(({ version }) => version).find((version) => version)
    return { rows, ...(pytorch && { pytorch }) }
  } finally {
    for (const side of sides) side.dispose()
  }
}

/** One detector: ours, and the ways in which PyTorch computes it. */
class DetectorSides {
  private readonly torch: (TorchLane | Failure)[] = []

  private constructor(
    private readonly model: ModelName,
    private readonly part: InferencePart,
    private readonly settings: PartSettings,
    private readonly ours: OurLane | Failure,
    /** Times of all runs. */
    private readonly runs: RunTimes[],
    private readonly launched: ReturnType<typeof launchTorch>[],
    private readonly facts: { spec: object; params: number; placement: Record<string, number> },
    private readonly release: () => void,
  ) {}

  static async load(
    model: ModelName,
    part: InferencePart,
    settings: PartSettings,
  ): Promise<DetectorSides> {
    const { batch, shape, precision } = part
    const ways = precision === 'fp16' ? 2 : 1
    const launched = Array.from({ length: ways }, () => launchTorch('inference.py', settings))
    const config = configOf(model, settings.short)
    const { detector } = await loadDetector(config, RANDOM, { preferDeploy: true })
    const { compute, placements } = computeOf(part, settings)
    const course = new Course(shape, { batch, seed: 0, compute })
    const isMaskRcnn = config.model.type === 'MaskRCNN'
    const trained = detector.namedParameters().filter(([, { trainable }]) => trainable)
    const params = trained.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0)
    const { rois } = stagesOf(detector, course.frames, course.seed)

    const runs: RunTimes[] = []
    let candidate: Candidate | undefined
    const ours = await attempt(() =>
      OurLane.start(() => {
        const loaded = Candidate.load(detector, course)
        candidate = loaded
        return async () => {
          const { times } = await loaded.run()
          runs.push(times)
          return times.network
        }
      }, settings.warmup),
    )
    const spec = {
      ...torchSpec(part, settings),
      model: isMaskRcnn ? 'mask_rcnn' : 'retinanet',
      network: peerNetwork(config, shape),
      rois: mapTree(rois, isHostTensor, nestedValues),
    }
    const facts = {
      spec,
      params: params + (isMaskRcnn ? BACKGROUND_PARAMS : 0),
      placement: placements.network ?? {},
    }
    const release = () => {
      candidate?.dispose()
      course.dispose()
    }
    return new DetectorSides(model, part, settings, ours, runs, launched, facts, release)
  }

  async startTorch(): Promise<void> {
    const { spec, params } = this.facts
    const { warmup } = this.settings
    for (const [i, launched] of this.launched.entries()) {
      if (!launched) continue
      const lane = await TorchLane.start(launched, { ...spec, half: i > 0 }, { params, warmup })
      this.torch.push(lane)
    }
  }

  get lanes(): (OurLane | TorchLane | Failure)[] {
    return [this.ours, ...this.torch]
  }

  get version(): string | undefined {
    return this.torch.flatMap((lane) => ('error' in lane ? [] : lane.version))[0]
  }

  /** @param times in the order of `lanes`. */
  row([ourTimes, ...torchTimes]: LaneTimes[]): InferenceRow {
    const { precision, shape, batch, name } = this.part
    const config = configOf(this.model, this.settings.short)
    const [torch, torchHalf] = this.torch.map((lane, i) =>
      'error' in lane ? lane : lane.describe(torchTimes[i], batch),
    )
    return {
      part: name,
      config: this.model,
      ...networkNames(config),
      ...{ device: this.settings.device, precision, shape, batch },
      placement: this.facts.placement,
      ours: this.ourTimes(ourTimes),
      ...(torch && { torch }),
      ...(torchHalf && { torchHalf }),
    }
  }

  private ourTimes(times: LaneTimes): OurInference | Failure {
    if ('error' in this.ours) return this.ours
    const described = this.ours.describe(times, this.part.batch)
    if ('error' in described) return described
    const { turns, steps } = this.settings
    const perTurn = steps.inference + 1 // the first of a turn is not timed
    const turnsMade = this.runs.slice(-turns * perTurn)
    const totals = Array.from({ length: turns }, (_, turn) =>
      turnsMade.slice(turn * perTurn + 1, (turn + 1) * perTurn).map(({ total }) => total),
    )
    const { ms: total, perTurn: totalPerTurn } = sideTimes(totals, this.part.batch)
    return { ...described, total, totalPerTurn }
  }

  dispose(): void {
    for (const launched of this.launched) launched?.stop()
    this.release()
  }
}
