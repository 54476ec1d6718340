import {
  type CudaDocument,
  type InferenceRow,
  isFailure,
  type OurInference,
  type SideTimes,
  type TrainingRow,
} from '../benchmark/cuda_document.js'
import { median } from '../benchmark/time_in_turns.js'
import { PUBLISHED } from './published.js'

/** Rows that were measured, whatever became of their sides. */
export function measuredRows<Row extends object>(rows: readonly Row[]) {
  return rows.filter((row) => !isFailure(row)) as Exclude<Row, { error: string }>[]
}

/** A side that was measured; undefined for one that failed or was not asked. */
export function measured<Side extends object>(side: Side | undefined) {
  return side === undefined || isFailure(side)
    ? undefined
    : (side as Exclude<Side, { error: string }>)
}

/** PyTorch's faster way. */
export function fasterTorch({ torch, torchHalf }: InferenceRow): SideTimes | undefined {
  const ways = [measured(torch), measured(torchHalf)].filter((way) => way !== undefined)
  return ways.sort((a, b) => a.ms.median - b.ms.median)[0]
}

/** How many times as fast ours is as PyTorch: the middle one of all turns. */
export function overTorch(
  { ours }: TrainingRow | InferenceRow,
  torch: SideTimes | undefined,
): number | undefined {
  const own = measured<TrainingRow['ours']>(ours)
  return own && torch && ratioOfTurns(torch.perTurn, own.perTurn)
}

/** FPS of VanillaNet-13 over those of Swin-T, turn by turn. */
export interface BackboneRatio {
  framework: string
  precision: string
  batch: number
  /** Ratio from decoded images to COCO results. */
  total: number
  network: number
  torchNetwork: number | undefined
  /** Published ratio on an A100, batch 1; undefined where none was. */
  published: number | undefined
}

export function backboneRatios({ inference }: CudaDocument): BackboneRatio[] {
  const rows = measuredRows(inference)
  return rows.flatMap((first) => {
    const second = rows.find((row) => row.part === first.part && row.backbone === 'Swin-T')
    if (first.backbone !== 'VanillaNet-13' || !second) return []
    const [a, b] = [measured(first.ours), measured(second.ours)] as (OurInference | undefined)[]
    if (!a || !b) return []
    const [torchA, torchB] = [fasterTorch(first), fasterTorch(second)]
    const { framework, precision, batch } = first
    return [
      {
        ...{ framework, precision, batch },
        total: ratioOfTurns(b.totalPerTurn, a.totalPerTurn),
        network: ratioOfTurns(b.perTurn, a.perTurn),
        torchNetwork: torchA && torchB && ratioOfTurns(torchB.perTurn, torchA.perTurn),
        published: publishedRatio(framework),
      },
    ]
  })
}

function publishedRatio(framework: string): number | undefined {
  const fpsOf = (backbone: string) =>
    PUBLISHED.find((result) => result.detector === framework && result.backbone === backbone)?.fps
  const [first, second] = [fpsOf('VanillaNet-13'), fpsOf('Swin-T')]
  return first && second && first / second
}

/** Both were measured in the same turns. */
function ratioOfTurns(slower: readonly number[], faster: readonly number[]): number {
  return median(slower.map((ms, turn) => ms / faster[turn]))
}
