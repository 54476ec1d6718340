import type { CudaDocument, InferenceRow, SideTimes } from '../../benchmark/cuda_document.js'
import { benchmarkDocument } from './benchmark_document.js'

/** A CUDA benchmark that was never run: some sides failed, and some parts are missing. */
export function cudaDocument(): CudaDocument {
  const { machine } = benchmarkDocument()
  return {
    machine: { ...machine, gpu: 'A GPU <i>', driver: '999.1', pytorch: '2.11.0' },
    options: {
      ...{ device: 'cuda', short: false, turns: 3, warmup: 3 },
      steps: { train: 5, inference: 10 },
    },
    parity: [
      {
        ...facts('parity/retinanet_tiny_shapes', 'retinanet_tiny_shapes', 'fp32', 2),
        losses: { device: [2.5, 2.25, 2.125], cpu: [2.5, 2.25, 2.12] },
        maxDifference: 0.005 / 2.12,
        seconds: 12,
      },
    ],
    training: [
      {
        ...facts('train/retinanet_vanilla13/fp16/2', 'retinanet_vanilla13', 'fp16', 2),
        ...{ framework: 'RetinaNet', backbone: 'VanillaNet-13', batchBytes: 6_451_200 },
        ours: ours([40, 41, 42], 2),
        torch: side([60, 61.5, 64], 2),
      },
      {
        ...facts('train/mask_rcnn_vanilla13/fp16/2', 'mask_rcnn_vanilla13', 'fp16', 2),
        ...{ framework: 'Mask R-CNN', backbone: 'VanillaNet-13', batchBytes: 6_451_200 },
        ours: ours([80, 81, 82], 2),
        torch: { error: 'OutOfMemoryError: <b>CUDA</b> out of memory' },
      },
      { part: 'train/mask_rcnn_vanilla13/fp32/8', error: 'its process was ended by SIGSEGV' },
    ],
    inference: [
      inference('retinanet_vanilla13', 'VanillaNet-13', {
        ours: [10, 11, 10],
        torch: [20, 20, 20],
      }),
      inference('retinanet_swin_t', 'Swin-T', { ours: [12, 12.1, 13], torch: [16, 19, 22] }),
    ],
    missing: [{ part: 'train/retinanet_vanilla13/fp32/1', reason: 'the 9 minutes had passed' }],
  }
}

function facts(part: string, config: string, precision: string, batch: number) {
  const shape = [800, 1344] as const
  const placement = { CUDAExecutionProvider: 4321, CPUExecutionProvider: 3 }
  return { part, config, precision, batch, shape, placement, device: 'cuda' }
}

function inference(
  config: string,
  backbone: string,
  times: { ours: number[]; torch: number[] },
): InferenceRow {
  const total = times.ours.map((ms) => 2 * ms)
  return {
    ...facts('inference/retinanet/fp16/1', config, 'fp16', 1),
    ...{ framework: 'RetinaNet', backbone },
    ours: {
      ...ours(times.ours, 1),
      total: { median: total[0], p95: total[0] },
      totalPerTurn: total,
    },
    torch: side(times.torch, 1),
    torchHalf: side(
      times.torch.map((ms) => ms - 1),
      1,
    ),
  }
}

/** @param perTurn medians of three turns. */
function side(perTurn: number[], batch: number): SideTimes {
  const [, middle] = perTurn.toSorted((a, b) => a - b)
  return {
    ms: { median: middle, p95: middle },
    perTurn,
    imagesPerSecond: (1000 * batch) / middle,
    memory: { used: 9000, tensors: 7000.5 },
  }
}

function ours(perTurn: number[], batch: number) {
  const moved = { up: 6_600_000, down: 24 }
  return { ...side(perTurn, batch), memory: { used: 8000 }, firstStepMs: 4500, moved }
}
