/**
 * The training step of RetinaNet with VanillaNet-13 (AdamW, 512x512, batch 1), ours and PyTorch's eager
 * one in turn. PEERS_PYTHON names a Python with PyTorch; without it only ours is timed.
 *
 * Run: PEERS_PYTHON=python3 npm run bench:train
 */
import { median, timeInTurns } from '../deploy/time_in_turns.js'
import { compile, floats, type HostTree, ints, sizeOf } from '../engine/index.js'
import { Random } from '../nn/index.js'
import { buildDetector, type Config } from '../registry.js'
import { run } from '../tools/command.js'
import { showProgress } from '../tools/show_progress.js'
import { type BatchTensors, makeOptimizer, makeTrainStep, TrainState } from '../training/index.js'
import {
  type BenchFlags,
  benchCommand,
  benchConfig,
  peerNetwork,
  sessionOptions,
} from './bench_command.js'
import { Peer } from './peer.js'

const BATCH = 1
const OBJECTS = 8
const LEARNING_RATE = 8e-5

const program = benchCommand('train_step', 'Times the training step against PyTorch.', {
  shape: [512, 512],
  runs: 5,
})

await run<BenchFlags>(program, async (_, flags, say) => {
  const { shape, threads, runs, warmup } = flags
  const config = benchConfig(flags)
  const batch = randomBatch(shape, config.model.numClasses)
  const peer = await Peer.start('train_step.py', {
    network: peerNetwork(config),
    batch: BATCH,
    boxes: nested(batch.boxesXyxy.data, 4),
    labels: [Array.from(batch.labels.data)],
    shape,
    threads,
  })
  const ours = await ourStep(config, batch, threads)
  try {
    if (peer && peer.greeting.params !== ours.params) {
      throw new Error(`ours has ${ours.params} parameters, PyTorch's ${peer.greeting.params}`)
    }
    const calls = [ours.step, ...(peer ? [() => peer.step()] : [])]
    const times = await timeInTurns(calls, { runs, warmup, onProgress: showProgress('steps') })
    const [oursMs, torchMs] = times.map(median)
    say(`training step, ${shape.join('x')}, batch ${BATCH}, ${threads} threads, median of ${runs}`)
    say(`ours             ${oursMs.toFixed(0)} ms`)
    if (!peer) say('PyTorch was skipped: PEERS_PYTHON names no Python that has it')
    else {
      say(`PyTorch ${peer.greeting.version}  ${torchMs.toFixed(0)} ms`)
      say(`ours / PyTorch   ${(oursMs / torchMs).toFixed(3)}`)
    }
    const torch = peer && { medianMs: torchMs, times: times[1], version: peer.greeting.version }
    const ratio = peer && oursMs / torchMs
    return {
      shape,
      batch: BATCH,
      threads,
      ours: { medianMs: oursMs, times: times[0] },
      torch,
      ratio,
    }
  } finally {
    peer?.stop()
    await ours.dispose()
  }
})

/** Our step as the training loop takes it, with a given number of threads. */
async function ourStep(config: Config, batch: HostTree<BatchTensors>, threads: number) {
  const detector = buildDetector(config.model).initialize(0)
  const trainable = detector.namedParameters().filter(([, { trainable }]) => trainable)
  const shapes = Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
  if (!config.optimizer) throw new Error('the config has no optimizer')
  const optimizer = makeOptimizer(config.optimizer, shapes)
  const state = TrainState.of(detector, optimizer.slots, { ema: false })
  const compiled = compile(makeTrainStep(detector, { optimizer }), {
    name: 'trainStep',
    session: sessionOptions(threads),
  })
  let steps = 0
  return {
    params: trainable.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0),
    async step() {
      const groups = optimizer.scalars(LEARNING_RATE, ++steps)
      const inputs = { state: state.current, batch, forward: {}, groups }
      const { state: written } = await compiled.run(inputs, { into: { state: state.into() } })
      state.swap(written.buffers, {})
    },
    dispose: () => compiled.dispose(),
  }
}

/** Random pixels, and objects between a tenth and a half of the image. */
function randomBatch([height, width]: [number, number], numClasses: number) {
  const random = new Random('train_step')
  const pixels = Uint8Array.from({ length: BATCH * height * width * 3 }, () => random.integer(256))
  const boxes = Array.from({ length: OBJECTS }, () => {
    const [w, h] = [width, height].map((side) => side * (0.1 + 0.4 * random.uniform()))
    const [x, y] = [random.uniform() * (width - w), random.uniform() * (height - h)]
    return [x, y, x + w, y + h]
  })
  const labels = Array.from({ length: OBJECTS }, () => random.integer(numClasses))
  return {
    images: { dtype: 'uint8' as const, shape: [BATCH, height, width, 3], data: pixels },
    imageSizes: floats([height, width], [BATCH, 2]),
    boxesXyxy: floats(boxes.flat(), [BATCH, OBJECTS, 4]),
    labels: ints(labels, [BATCH, OBJECTS]),
  }
}

/** `[[row, row, ...]]` of the rows of one image. */
function nested(values: ArrayLike<number>, width: number): number[][][] {
  const flat = Array.from(values)
  return [
    Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width)),
  ]
}
