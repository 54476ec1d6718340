/**
 * Detectors in deploy form at 800x1280, beside PyTorch's eager forward pass of the same networks,
 * and beside what ONNX Runtime reaches on this machine in one large matrix product. One detector
 * after another; for each, all take turns. PEERS_PYTHON names a Python with PyTorch, torchvision
 * and timm; without it only ours is timed.
 *
 * Both sides go from bytes to raw outputs, the second stage of Mask R-CNN on the same fixed RoIs:
 * `network` here. Post-processing, of fixed raw outputs, is ours alone; it is in the share of the
 * machine's rate, not in the ratio.
 *
 * Run: PEERS_PYTHON=python3 npm run bench:inference
 *      PEERS_PYTHON=python3 npm run bench:inference -- --model retinanet_swin_t
 */

import { Option } from 'commander'
import { MAX_SPREAD } from '../benchmark/benchmark_document.js'
import { Candidate, Course, type RunTimes } from '../benchmark/candidate.js'
import { countOperations } from '../benchmark/flops.js'
import { describeSpread, isWithin, spreadOf } from '../benchmark/spread.js'
import { stagesOf } from '../benchmark/stages.js'
import { median, timeInTurns } from '../benchmark/time_in_turns.js'
import maskRcnnSwin from '../configs/mask_rcnn_swin_t.js'
import maskRcnnVanilla from '../configs/mask_rcnn_vanilla13.js'
import retinanetSwin from '../configs/retinanet_swin_t.js'
import retinanetVanilla from '../configs/retinanet_vanilla13.js'
import { compile, mapTree, setSharedThreads } from '../engine/index.js'
import { loadDetector, RANDOM } from '../experiments/load_detector.js'
import { floats, type HostTensor, isHostTensor, zeros } from '../host_tensor.js'
import { Random } from '../nn/index.js'
import type { Config } from '../registry.js'
import * as tf from '../tf/tf.js'
import { run } from '../tools/cli/command.js'
import { showProgress } from '../tools/cli/show_progress.js'
import {
  BACKGROUND_PARAMS,
  type BenchFlags,
  benchCommand,
  benchConfig,
  peerNetwork,
} from './bench_command.js'
import { nestedValues } from './nested_values.js'
import { Peer } from './peer.js'

/** Side of the matrices whose product shows the rate of the machine. */
const SIDE = 2048
/** Share of that rate that RetinaNet with VanillaNet-13 is to reach. */
const BOUND = 0.85

/**
 * How often the timed runs are repeated; the ratio's spread over them shows whether it is a result.
 */
const REPEATS = 3

const CONFIGS: Record<string, Config> = {
  retinanet_vanilla13: retinanetVanilla,
  retinanet_swin_t: retinanetSwin,
  mask_rcnn_vanilla13: maskRcnnVanilla,
  mask_rcnn_swin_t: maskRcnnSwin,
}

interface Flags extends BenchFlags {
  model: string[]
}

const names = Object.keys(CONFIGS)
const program = benchCommand('inference', 'Times inference against PyTorch and the machine.', {
  shape: [800, 1280],
  runs: 3,
}).addOption(new Option('--model <name...>', 'what is timed').choices(names).default(names))

await run<Flags>(program, async (_, flags, say) => {
  const { shape, threads, runs } = flags
  setSharedThreads(threads)
  say(`deploy form, ${shape.join('x')}, ${threads} threads, ${REPEATS} repeats of ${runs} runs`)
  const detectors: Awaited<ReturnType<typeof timeDetector>>[] = []
  for (const name of flags.model) {
    const timed = await timeDetector(name, flags)
    detectors.push(timed)
    const { ours, machine, share, torch, ratio } = timed
    say(`${name}`)
    say(`  ours           ${ours.medianMs.toFixed(0)} ms, ${ours.gmacsPerSecond.toFixed(1)} GMAC/s`)
    say(`    network      ${ours.networkMs.toFixed(0)} ms`)
    say(
      `  matmul ${SIDE}^3  ${machine.medianMs.toFixed(1)} ms, ${machine.gmacsPerSecond.toFixed(1)} GMAC/s`,
    )
    const bound = name === 'retinanet_vanilla13' ? ` (bound ${100 * BOUND} %)` : ''
    say(`  share          ${(100 * share).toFixed(1)} %${bound}`)
    if (torch) say(`  PyTorch ${torch.version}  ${torch.medianMs.toFixed(0)} ms`)
    if (ratio) {
      const spread = describeSpread(ratio.spread, ratio.isResult)
      say(`  network, ours / PyTorch  ${ratio.median.toFixed(3)} (${spread})`)
    }
  }
  if (!process.env.PEERS_PYTHON) say('PyTorch was skipped: PEERS_PYTHON names no Python')
  return { shape, threads, bound: BOUND, detectors }
})

async function timeDetector(name: string, flags: Flags) {
  const { shape, threads, runs, warmup } = flags
  const config = benchConfig(flags, CONFIGS[name])
  const { params, gmacs, rois, course, candidate } = await ourSide(config, shape)
  const product = matrixProduct()
  const peer = await Peer.start('inference.py', {
    model: config.model.type === 'MaskRCNN' ? 'mask_rcnn' : 'retinanet',
    network: peerNetwork(config, shape),
    batch: 1,
    shape,
    threads,
    rois,
  })
  try {
    const surplus = config.model.type === 'MaskRCNN' ? BACKGROUND_PARAMS : 0
    if (peer && peer.greeting.params !== params + surplus) {
      throw new Error(
        `${name}: ours has ${params} parameters, PyTorch's ${peer.greeting.params - surplus}`,
      )
    }
    const parts: RunTimes[] = []
    const calls = [
      async () => {
        const { times } = await candidate.run()
        parts.push(times)
        return times.network + times.postprocess
      },
      product.run,
      ...(peer ? [async () => (await peer.step()).ms] : []),
    ]
    const onProgress = showProgress('runs')
    const times = await timeInTurns(calls, { runs: runs * REPEATS, warmup, onProgress })
    const [oursMs, productMs, torchMs] = times.map(median)
    const networkTimes = parts.slice(warmup).map(({ network }) => network)
    const networkMs = median(networkTimes)
    const rate = gmacs / (oursMs / 1000)
    const machineRate = SIDE ** 3 / 1e9 / (productMs / 1000)
    return {
      config: name,
      ours: {
        medianMs: oursMs,
        times: times[0],
        networkMs,
        networkTimes,
        gmacs,
        gmacsPerSecond: rate,
      },
      machine: { medianMs: productMs, times: times[1], gmacsPerSecond: machineRate },
      share: rate / machineRate,
      torch: peer && { medianMs: torchMs, times: times[2], version: peer.greeting.version },
      ratio: peer && ratioOf(networkTimes, times[2], runs),
    }
  } finally {
    peer?.stop()
    candidate.dispose()
    course.dispose()
    await product.dispose()
  }
}

/** Ratio of the medians of each repeat, and how far they agree. */
function ratioOf(ours: readonly number[], torch: readonly number[], runs: number) {
  const perRepeat = Array.from({ length: REPEATS }, (_, i) => {
    const [a, b] = [ours, torch].map((times) => median(times.slice(i * runs, (i + 1) * runs)))
    return a / b
  })
  const spread = spreadOf(perRepeat)
  return { median: median(perRepeat), perRepeat, spread, isResult: isWithin(spread, MAX_SPREAD) }
}

/**
 * A detector with random weights, and the RoIs that its second stage looks at, as lists of numbers.
 */
async function ourSide(config: Config, shape: [number, number]) {
  const { detector } = await loadDetector(config, RANDOM, { preferDeploy: true })
  const course = new Course(shape, { batch: 1, seed: 0 })
  const { params, gmacs } = countOperations(detector, shape)
  const { rois } = stagesOf(detector, course.frames, course.seed)
  const candidate = Candidate.load(detector, course)
  return { params, gmacs, course, candidate, rois: mapTree(rois, isHostTensor, nestedValues) }
}

function matrixProduct() {
  const product = compile(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ c: tf.matMul(a, b) }), {
    name: 'product',
  })
  const [a, b] = ['a', 'b'].map(randomMatrix)
  const into = { c: zeros('float32', [SIDE, SIDE]) }
  return { run: () => product.run({ a, b }, { into }), dispose: () => product.dispose() }
}

function randomMatrix(name: string): HostTensor {
  const random = new Random('product', name)
  const values = Float32Array.from({ length: SIDE * SIDE }, () => random.normal())
  return floats(values, [SIDE, SIDE])
}
