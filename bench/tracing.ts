/**
 * What it takes to make the graph of one input shape ready, in seconds of processor time by phase,
 * and what the graph is made of: the training step of a config whose gradients are gathered over
 * several batches, which a run makes once for each of its shapes.
 *
 * Run: npm run bench:tracing
 *      npm run bench:tracing -- --model mask_rcnn --shapes 800x1344x16 736x1120x64
 */
import { Option } from 'commander'
import maskRcnn from '../configs/mask_rcnn_vanilla13.js'
import retinanet from '../configs/retinanet_vanilla13.js'
import type { Detector } from '../detectors/index.js'
import { Session } from '../engine/runtime/session.js'
import type { Tree } from '../engine/tensors.js'
import { type Signature, trace } from '../engine/trace/trace.js'
import { targetOf } from '../engine/traced.js'
import { resolveConfig } from '../experiments/load.js'
import { Random } from '../nn/index.js'
import { buildDetector } from '../registry.js'
import { type ConfigFlags, command, configOptions, run } from '../tools/cli/command.js'
import { withNoise } from '../training/draw_noise.js'
import { stepSession } from '../training/iteration.js'
import { makeGradientStep } from '../training/step.js'
import { type RandomBatch, randomBatch } from './random_batch.js'

interface Flags extends ConfigFlags {
  model: 'retinanet' | 'mask_rcnn'
  shapes: string[]
}

const PHASES = ['record', 'encode', 'load'] as const

const program = configOptions(
  command('tracing', 'Times what makes a graph ready.').name('npx tsx bench/tracing.ts'),
)
  .addOption(new Option('--model <name>').choices(['retinanet', 'mask_rcnn']).default('retinanet'))
  .option('--shapes <hxwxslots...>', 'input shapes', [
    '800x1344x32',
    '1024x1344x96',
    '736x1120x64',
    '1120x832x64',
  ])

await run<Flags>(program, async (_, flags, say) => {
  const config = resolveConfig(flags.model === 'retinanet' ? retinanet : maskRcnn, flags.cfgOptions)
  const detector = buildDetector(config.model).initialize(0)
  const batchSize = config.data?.batchSize ?? 4
  const step = makeGradientStep(detector)
  const rows = []
  for (const text of flags.shapes) {
    const [height, width, slots] = text.split('x').map(Number)
    const batch = randomBatch({
      shape: [height, width],
      objects: slots,
      numClasses: config.model.numClasses,
      masks: detector.needsMasks,
      batch: batchSize,
    })
    const signatures = inputsOf(detector, batch)
    const seconds: Record<(typeof PHASES)[number], number> = { record: 0, encode: 0, load: 0 }
    const timed = <Result>(phase: (typeof PHASES)[number], call: () => Result): Result => {
      const before = process.cpuUsage()
      const result = call()
      const { user, system } = process.cpuUsage(before)
      seconds[phase] = (user + system) / 1e6
      return result
    }
    const target = targetOf({})
    const graph = timed('record', () =>
      trace('gradientStep', step as never, signatures, { target }),
    )
    const bytes = timed('encode', () => graph.encode())
    const session = timed('load', () => Session.create('gradientStep', bytes, stepSession({})))
    session.dispose()
    rows.push({ shape: text, nodes: graph.nodes.length, bytes: bytes.byteLength, seconds })
    const total = PHASES.reduce((sum, phase) => sum + seconds[phase], 0)
    const parts = PHASES.map((phase) => `${phase} ${seconds[phase].toFixed(2)}`).join(', ')
    say(
      `${text}: ${graph.nodes.length} nodes, ${(bytes.byteLength / 1e6).toFixed(1)} MB, ${total.toFixed(2)} s: ${parts}`,
    )
  }
  return rows
})

/** Inputs of the gradient step, of which only the batch has numbers. */
function inputsOf(detector: Detector, batch: RandomBatch): Tree<Signature> {
  const weights = (trainable: boolean): Record<string, Signature> =>
    Object.fromEntries(
      detector
        .namedParameters()
        .filter(([, weight]) => weight.trainable === trainable)
        .map(([name, { shape }]) => [name, { dtype: 'float32', shape }] as const),
    )
  const parameters = weights(true)
  const tensors = withNoise(detector, batch.tensors, new Random('tracing'))
  return { parameters, buffers: weights(false), gathered: parameters, batch: tensors, forward: {} }
}
