/**
 * RetinaNet with VanillaNet-13 in deploy form at 800x1280, pixels to boxes, beside what ONNX Runtime
 * reaches on this machine in one large matrix product; PyTorch's eager forward pass too where PEERS_PYTHON
 * names a Python that has it. All take turns.
 *
 * Run: npm run bench:inference
 */
import * as tf from '@tensorflow/tfjs'
import { countOperations } from '../deploy/flops.js'
import { compilePredict, wholeFrames } from '../deploy/predictor.js'
import { median, timeInTurns } from '../deploy/time_in_turns.js'
import { compile, floats, type HostTensor, zeros } from '../engine/index.js'
import { loadDetector, RANDOM } from '../experiments/load_detector.js'
import { Random } from '../nn/index.js'
import { run } from '../tools/command.js'
import { showProgress } from '../tools/show_progress.js'
import {
  type BenchFlags,
  benchCommand,
  benchConfig,
  peerNetwork,
  sessionOptions,
} from './bench_command.js'
import { Peer } from './peer.js'

/** Side of the matrices whose product tells the rate of the machine. */
const SIDE = 2048
/** Share of that rate that inference is to reach. */
const BOUND = 0.85

const program = benchCommand('inference', 'Times inference against the rate of the machine.', {
  shape: [800, 1280],
  runs: 5,
})

await run<BenchFlags>(program, async (_, flags, say) => {
  const { shape, threads, runs, warmup } = flags
  const config = benchConfig(flags)
  const session = sessionOptions(threads)
  const { detector } = await loadDetector(config, RANDOM, { form: 'deploy' })
  const { params, gmacs } = countOperations(detector, shape)
  const predict = compilePredict(detector, { session })
  const images = randomImages([1, ...shape, 3])
  const product = compile(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ c: tf.matMul(a, b) }), {
    name: 'product',
    session,
  })
  const [a, b] = ['a', 'b'].map(randomMatrix)
  const into = { c: zeros('float32', [SIDE, SIDE]) }
  const peer = await Peer.start('inference.py', {
    network: peerNetwork(config),
    batch: 1,
    shape,
    threads,
  })
  try {
    if (peer && peer.greeting.params !== params) {
      throw new Error(`ours has ${params} parameters, PyTorch's ${peer.greeting.params}`)
    }
    const calls = [
      () => predict.run({ images, ...wholeFrames(images.shape) }),
      () => product.run({ a, b }, { into }),
      ...(peer ? [async () => (await peer.step()).ms] : []),
    ]
    const times = await timeInTurns(calls, { runs, warmup, onProgress: showProgress('runs') })
    const [oursMs, productMs, torchMs] = times.map(median)
    const rate = gmacs / (oursMs / 1000)
    const machineRate = SIDE ** 3 / 1e9 / (productMs / 1000)
    const share = rate / machineRate
    say(`deploy form, ${shape.join('x')}, ${threads} threads, median of ${runs}`)
    say(`inference        ${oursMs.toFixed(0)} ms, ${rate.toFixed(1)} GMAC/s`)
    say(`matmul ${SIDE}^3    ${productMs.toFixed(1)} ms, ${machineRate.toFixed(1)} GMAC/s`)
    say(`share            ${(100 * share).toFixed(1)} % (bound ${100 * BOUND} %)`)
    if (peer) say(`PyTorch ${peer.greeting.version}  ${torchMs.toFixed(0)} ms`)
    else say('PyTorch was skipped: PEERS_PYTHON names no Python that has it')
    const torch = peer && { medianMs: torchMs, times: times[2], version: peer.greeting.version }
    const ours = { medianMs: oursMs, times: times[0], gmacs, gmacsPerSecond: rate }
    const machine = { medianMs: productMs, times: times[1], gmacsPerSecond: machineRate }
    return { shape, threads, ours, machine, share, bound: BOUND, torch }
  } finally {
    peer?.stop()
    await predict.dispose()
    await product.dispose()
  }
})

function randomImages(shape: number[]): HostTensor {
  const random = new Random('inference')
  const size = shape.reduce((product, side) => product * side)
  return {
    dtype: 'uint8',
    shape,
    data: Uint8Array.from({ length: size }, () => random.integer(256)),
  }
}

function randomMatrix(name: string): HostTensor {
  const random = new Random('product', name)
  const values = Float32Array.from({ length: SIDE * SIDE }, () => random.normal())
  return floats(values, [SIDE, SIDE])
}
