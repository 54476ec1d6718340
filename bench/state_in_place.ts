/**
 * A training step whose state stays where it is computed, beside onnxruntime-node's own `run` of
 * the same graph, which allocates new memory for every output; in turn, in one process.
 *
 * Run: npm run bench:state
 */
import type * as onnxruntimeNode from 'onnxruntime-node'
import { median, timeInTurns } from '../benchmark/time_in_turns.js'
import {
  compile,
  flattenTree,
  isRunTensor,
  type RunTensor,
  setSharedThreads,
  type Tree,
  trace,
} from '../engine/index.js'
import { targetOf } from '../engine/traced.js'
import type { HostTensor } from '../host_tensor.js'
import { buildDetector, type Config } from '../registry.js'
import { run } from '../tools/cli/command.js'
import { showProgress } from '../tools/cli/show_progress.js'
import { makeOptimizer, makeTrainStep, TrainState } from '../training/index.js'
import { type BenchFlags, benchCommand, benchConfig } from './bench_command.js'
import { loadOnnxruntimeNode } from './onnxruntime_node.js'
import { randomBatch } from './random_batch.js'

const LEARNING_RATE = 8e-5
const OBJECTS = 8

const program = benchCommand(
  'state_in_place',
  "Times a training step against onnxruntime-node's run of it.",
  { shape: [256, 256], runs: 7 },
)

await run<BenchFlags>(program, async (_, flags, say) => {
  const { shape, threads, runs, warmup } = flags
  setSharedThreads(threads)
  const parts = stepParts(benchConfig(flags), shape)
  const ours = inPlace(parts)
  const theirs = await byOnnxruntimeNode(parts, threads)
  const losses: number[][] = [[], []]
  const calls = [ours, theirs].map((side, i) => async () => {
    const startedAt = performance.now()
    losses[i].push(await side())
    return performance.now() - startedAt
  })
  const times = await timeInTurns(calls, { runs, warmup, onProgress: showProgress('steps') })
  if (losses[0].join() !== losses[1].join())
    throw new Error('the two sides compute different losses')
  const [oursMs, theirsMs] = times.map(median)
  const ratio = oursMs / theirsMs
  say(`training step at ${shape.join('x')}, ${threads} threads, median of ${runs}; equal losses`)
  say(`state in place           ${oursMs.toFixed(0)} ms`)
  say(`onnxruntime-node's run   ${theirsMs.toFixed(0)} ms`)
  say(`ratio                    ${ratio.toFixed(3)}`)
  return { shape, threads, inPlaceMs: times[0], onnxruntimeNodeMs: times[1], ratio }
})

/** A training step, the state it starts from, and what else it takes. */
function stepParts({ model, optimizer: options }: Config, shape: [number, number]) {
  const detector = buildDetector(model).initialize(0)
  if (!options) throw new Error('the config has no optimizer')
  const trainable = detector.namedParameters().filter(([, { trainable }]) => trainable)
  const shapes = Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
  const optimizer = makeOptimizer(options, shapes)
  const state = TrainState.of(detector, optimizer.slots, { ema: false })
  const { numClasses } = model
  const { tensors } = randomBatch({ shape, objects: OBJECTS, numClasses, masks: false })
  const rest = { batch: tensors, forward: {}, groups: optimizer.scalars(LEARNING_RATE, 1) }
  return { step: makeTrainStep(detector, { optimizer }), state, rest }
}

type Parts = ReturnType<typeof stepParts>

/** The loss of one step after another, as the training loop runs them. */
function inPlace({ step, state, rest }: Parts): () => Promise<number> {
  const compiled = compile(step, { name: 'trainStep' })
  return async () => {
    const inputs = { ...rest, state: state.current }
    const { state: written, metrics } = await compiled.run(inputs, {
      into: { state: state.into() },
    })
    state.take(written)
    state.commit()
    return (metrics.loss as HostTensor).data[0]
  }
}

/** The same steps by `InferenceSession.run`, each fed with what the one before returned. */
async function byOnnxruntimeNode({ step, state, rest }: Parts, threads: number) {
  const inputs = { ...rest, state: state.current } as Tree<RunTensor>
  const recorded = trace('trainStep', step, inputs, { target: targetOf({}) })
  const ort = await loadOnnxruntimeNode()
  const session = await ort.InferenceSession.create(recorded.encode(), {
    intraOpNumThreads: threads,
  })
  const named = new Map(flattenTree(inputs, isRunTensor).map(({ path, leaf }) => [path, leaf]))
  const feeds = Object.fromEntries(
    recorded.inputs.map(({ path, name }) => [name, ortTensor(ort, named.get(path) as RunTensor)]),
  )
  return async () => {
    const results = await session.run(feeds)
    for (const name of session.inputNames) {
      const next = results[name.replace(/^in\./, 'out.')]
      if (next) feeds[name] = next
    }
    return Number(results['out.metrics.loss'].data[0])
  }
}

/** A copy: the other side writes over the state that both begin with. */
function ortTensor(ort: typeof onnxruntimeNode, tensor: RunTensor): onnxruntimeNode.Tensor {
  const { dtype, shape, data } = 'read' in tensor ? tensor.read() : tensor
  return new ort.Tensor(dtype, data.slice() as Float32Array, [...shape])
}
