import { readdirSync } from 'node:fs'
import test from 'ava'
import { traceNetwork } from '../../deploy/network_graph.js'
import type { PredictInputs } from '../../deploy/predictor.js'
import { Detector } from '../../detectors/index.js'
import { OPSET } from '../../engine/onnx/model_proto.js'
import { CUDA_KERNELS } from '../../engine/runtime/cuda_kernel_list.js'
import { unsupportedNodes } from '../../engine/runtime/cuda_kernels.js'
import { type HostDType, sizeOf } from '../../engine/tensors.js'
import type { Node } from '../../engine/trace/graph.js'
import { type Signature, trace } from '../../engine/trace/trace.js'
import { loadConfig } from '../../experiments/load.js'
import type { Module } from '../../nn/index.js'
import { buildDetector, buildModel, type Config } from '../../registry.js'
import { makeOptimizer, makeTrainStep } from '../../training/index.js'
import type { StepInputs } from '../../training/step.js'

const COUNT = 2
const SIZE = [96, 128]
const OBJECTS = 3
const MASK_SIDE = 112

const signature = (dtype: HostDType, ...shape: number[]): Signature => ({ dtype, shape })
const floats = (...shape: number[]) => signature('float32', ...shape)

/** What a whole training step of a config is made of. */
function trainingNodes({ optimizer, ema }: Config, detector: Detector): readonly Node[] {
  if (!optimizer) throw new Error('the config trains nothing')
  const named = detector.namedParameters()
  const shapesOf = (trainable: boolean) =>
    Object.fromEntries(
      named.flatMap(([name, p]) => (p.trainable === trainable ? [[name, p.shape]] : [])),
    )
  const signaturesOf = (shapes: Record<string, readonly number[]>) =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, floats(...shape)]))
  const rule = makeOptimizer(optimizer, shapesOf(true))
  const [parameters, buffers] = [signaturesOf(shapesOf(true)), signaturesOf(shapesOf(false))]
  const images = [COUNT, ...SIZE, 3]
  const noise = detector.noiseShapes({ images, labels: [COUNT, OBJECTS] })
  const step = makeTrainStep(detector, {
    optimizer: rule,
    maxGradNorm: optimizer.maxGradNorm,
    emaDecay: ema?.decay,
  })
  const masks = {
    masks: signature('uint8', COUNT, OBJECTS, MASK_SIDE, MASK_SIDE),
    maskFramesXyxy: floats(COUNT, OBJECTS, 4),
  }
  const inputs = {
    state: {
      parameters,
      buffers,
      optimizer: Object.fromEntries(rule.slots.map((slot) => [slot, parameters])),
      ema: ema ? { ...parameters, ...buffers } : {},
    },
    batch: {
      images: signature('uint8', ...images),
      imageSizes: floats(COUNT, 2),
      boxesXyxy: floats(COUNT, OBJECTS, 4),
      labels: signature('int32', COUNT, OBJECTS),
      ...(detector.needsMasks ? masks : {}),
      noise: signaturesOf(noise),
    },
    forward: { lambda: floats() }, // without it a part of the graph is missing
    groups: rule
      .scalars(1e-3, 1)
      .map((group) => Object.fromEntries(Object.keys(group).map((name) => [name, floats()]))),
  }
  return trace('trainStep', (tensors: StepInputs) => step(tensors), inputs).nodes
}

/** What the merged network and its detections are made of; a classifier has only the network. */
function deployNodes(model: Module): readonly Node[] {
  if (!(model instanceof Detector)) return traceNetwork(model, [COUNT, ...SIZE, 3]).nodes
  for (const [, parameter] of model.namedParameters()) {
    // Weights are constants of the graph, and all equal they would be kept as one number.
    parameter.data = new Float32Array(sizeOf(parameter.shape))
    parameter.data[0] = 1
  }
  const inputs = {
    images: signature('uint8', COUNT, ...SIZE, 3),
    imageSizes: floats(COUNT, 2),
    scaleFactors: floats(COUNT, 4),
  }
  return trace('predict', (batch: PredictInputs) => ({ ...model.predict(batch) }), inputs).nodes
}

/** The reasons why nodes would run on the CPU, each once. What is small here may be large in use, so all count. */
function reasons(nodes: readonly Node[]): string[] {
  return [...new Set(unsupportedNodes(nodes, CUDA_KERNELS).map(({ reason }) => reason))].sort()
}

const files = readdirSync('configs').filter((name) => name.endsWith('.ts'))
const configs = await Promise.all(
  files.map(async (file) => [file, await loadConfig(`configs/${file}`)] as const),
)

test('the list is of the opset that graphs are written in', (t) => {
  t.is(CUDA_KERNELS.opset, OPSET)
})

for (const [file, config] of configs) {
  test(`${file}: every node of the deploy form runs on CUDA`, (t) => {
    const nodes = deployNodes(buildModel(config.model, { form: 'deploy' }))
    t.true(nodes.length > 100)
    t.deepEqual(reasons(nodes), [])
  })

  if (config.model.type === 'Classifier') continue // those are counted and timed, not trained
  test(`${file}: every node of a training step runs on CUDA`, (t) => {
    const nodes = trainingNodes(config, buildDetector(config.model))
    t.true(nodes.length > 3000)
    t.deepEqual(reasons(nodes), [])
  })
}
