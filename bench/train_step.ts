/**
 * The training step of a detector with VanillaNet-13 (AdamW, 512x512, batch 1), ours and PyTorch's
 * eager one in turn: RetinaNet, or Mask R-CNN beside torchvision's. PEERS_PYTHON names a Python
 * with PyTorch (and torchvision); without it only ours is timed.
 *
 * Run: PEERS_PYTHON=python3 npm run bench:train
 *      PEERS_PYTHON=python3 npm run bench:train -- --model mask_rcnn
 */
import { Option } from 'commander'
import { median, timeInTurns } from '../benchmark/time_in_turns.js'
import maskRcnn from '../configs/mask_rcnn_vanilla13.js'
import retinanet from '../configs/retinanet_vanilla13.js'
import { setSharedThreads } from '../engine/index.js'
import type { Config } from '../registry.js'
import { parseCount, run } from '../tools/cli/command.js'
import { showProgress } from '../tools/cli/show_progress.js'
import {
  BACKGROUND_PARAMS,
  type BenchFlags,
  benchCommand,
  benchConfig,
  peerNetwork,
} from './bench_command.js'
import { peakBytes } from './coco_eval/peak_memory.js'
import { Peer, type PeerStep } from './peer.js'
import { randomBatch } from './random_batch.js'
import { TrainingSteps } from './training_steps.js'

interface Model {
  config: Config
  objects: number
  /** Trainable parameters that PyTorch's has more. */
  surplusParams: number
}

const MODELS: Record<'retinanet' | 'mask_rcnn', Model> = {
  retinanet: { config: retinanet, objects: 8, surplusParams: 0 },
  mask_rcnn: {
    config: maskRcnn,
    // Ours learns masks from 128 places for RoIs, torchvision's from the positive ones among as
    // many: with 128 objects, which are proposals too, all are positive on both sides.
    objects: 128,
    surplusParams: BACKGROUND_PARAMS,
  },
}

interface Flags extends BenchFlags {
  model: keyof typeof MODELS
  objects?: number
}

const names = Object.keys(MODELS)
const program = benchCommand('train_step', 'Times the training step against PyTorch.', {
  shape: [512, 512],
  runs: 5,
})
  .addOption(new Option('--model <name>', 'what is trained').choices(names).default(names[0]))
  .option('--objects <n>', 'objects in the image (default: 8, or 128 with masks)', parseCount(1))

await run<Flags>(program, async (_, flags, say) => {
  const { model, shape, threads, runs, warmup } = flags
  const { config: defaults, objects, surplusParams } = MODELS[model]
  const config = benchConfig(flags, defaults)
  const batch = randomBatch({
    shape,
    objects: flags.objects ?? objects,
    numClasses: config.model.numClasses,
    masks: model === 'mask_rcnn',
  })
  const { boxes, labels } = batch
  const network = peerNetwork(config, shape)
  const spec = { model, network, batch: boxes.length, boxes, labels, shape, threads }
  setSharedThreads(threads)
  const ours = TrainingSteps.load(config, batch)
  const peer = await Peer.start('train_step.py', spec)
  try {
    if (peer && peer.greeting.params !== ours.params + surplusParams) {
      throw new Error(`ours has ${ours.params} parameters, PyTorch's ${peer.greeting.params}`)
    }
    const own = async () => {
      const { ms, metrics } = await ours.step()
      return { ms, positives: metrics.roi_pos, peakBytes: peakBytes() }
    }
    const sides = [{ step: own }, ...(peer ? [peer] : [])]
    const last: PeerStep[] = []
    const calls = sides.map((side, i) => async () => {
      last[i] = await side.step()
      return last[i].ms
    })
    const times = await timeInTurns(calls, { runs, warmup, onProgress: showProgress('steps') })
    const [measured, torch] = last.map(({ positives, peakBytes }, i) => ({
      medianMs: median(times[i]),
      times: times[i],
      positives,
      peakBytes,
    }))
    const size = `${shape.join('x')}, batch ${boxes.length}, ${threads} threads`
    say(`training step of ${model}, ${size}, median of ${runs}`)
    say(`ours             ${describe(measured)}`)
    if (!peer) say('PyTorch was skipped: PEERS_PYTHON names no Python that has it')
    else {
      say(`PyTorch ${peer.greeting.version}  ${describe(torch)}`)
      say(`ours / PyTorch   ${(measured.medianMs / torch.medianMs).toFixed(3)}`)
    }
    return {
      model,
      shape,
      batch: boxes.length,
      threads,
      ours: measured,
      torch: peer && { ...torch, version: peer.greeting.version },
      ratio: peer && measured.medianMs / torch.medianMs,
    }
  } finally {
    peer?.stop()
    await ours.dispose()
  }
})

function describe({ medianMs, positives, peakBytes }: { medianMs: number } & Omit<PeerStep, 'ms'>) {
  const parts = [`${medianMs.toFixed(0)} ms`, `peak memory ${(peakBytes / 1e9).toFixed(1)} GB`]
  if (positives !== undefined) parts.push(`${positives} positive RoIs`)
  return parts.join(', ')
}
