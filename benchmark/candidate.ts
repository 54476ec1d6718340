import type { Detector } from '../detectors/detector.js'
import type { Stages } from '../detectors/stages.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import type { RunTree, TensorTree } from '../engine/tensors.js'
import type * as tf from '../tf/tf.js'
import { type BenchmarkFrames, benchmarkFrames, makePreprocess } from './frames.js'
import { LoadedGraph, release, uploaded } from './loaded_graph.js'
import { Postprocess } from './postprocess.js'
import { stagesOf } from './stages.js'

/** Milliseconds of one run. */
export interface RunTimes {
  preprocess: number
  network: number
  postprocess: number
  total: number
}

/** A model that is ready to be timed. */
export interface TimedModel {
  /** Milliseconds it took to make the network ready to run. */
  readonly loadMs: number
  /** One batch, of which `found` results are counted. */
  run(): Promise<{ times: RunTimes; found: number }>
  dispose(): void
}

type NetworkInputs = { images: tf.Tensor; imageSizes: tf.Tensor; rois: TensorTree }
type Network = LoadedGraph<NetworkInputs, TensorTree>
/** What a network is given beside images, in the memory of the device from the start. */
type FixedInputs = Omit<NetworkInputs, 'images'>

export interface CourseOptions {
  batch: number
  seed: number
  /** Options of the engine `onnxruntime` only. @default on the processor, in fp32 */
  compute?: ComputeOptions
}

/**
 * What all models of a benchmark have in common: images, and post-processing where their heads
 * agree.
 */
export class Course {
  readonly frames: BenchmarkFrames
  readonly preprocess: ReturnType<typeof makePreprocess>
  readonly seed: number
  readonly compute: ComputeOptions
  private readonly loaded = new Map<string, Postprocess>()

  /** @param shape height and width of the input, pixels. */
  constructor(shape: readonly [number, number], { batch, seed, compute = {} }: CourseOptions) {
    this.frames = benchmarkFrames(shape, batch)
    this.preprocess = makePreprocess(this.frames, seed)
    this.seed = seed
    this.compute = compute
  }

  /** Post-processing for what a network computes, loaded once for all whose heads agree. */
  postprocessFor(stages: Stages, computed: Network['outputs']): Postprocess {
    const key = JSON.stringify([stages.settings, shapesOf(computed)])
    const known = this.loaded.get(key)
    if (known) return known
    const postprocess = Postprocess.load(stages, computed, this.frames, this.compute)
    this.loaded.set(key, postprocess)
    return postprocess
  }

  dispose(): void {
    for (const postprocess of this.loaded.values()) postprocess.dispose()
  }
}

/** A detector that is ready to be timed. Its weights are held by ONNX Runtime alone. */
export class Candidate implements TimedModel {
  private constructor(
    readonly loadMs: number,
    private readonly course: Course,
    private readonly network: Network,
    private readonly inputs: RunTree<FixedInputs>,
    private readonly postprocess: Postprocess,
  ) {}

  static load(detector: Detector, course: Course): Candidate {
    const { frames, seed, compute } = course
    const stages = stagesOf(detector, frames, seed)
    const { imageSizes } = frames
    const inputs = uploaded<FixedInputs>({ imageSizes, rois: stages.rois }, compute)
    const network: Network = LoadedGraph.load(
      'network',
      (given: NetworkInputs) => stages.network(given),
      { images: course.preprocess(), ...inputs },
      { compute, outputs: 'device' },
    )
    const postprocess = course.postprocessFor(stages, network.outputs)
    return new Candidate(network.loadMs, course, network, inputs, postprocess)
  }

  /** One batch, from decoded images to COCO results, of which `found` are counted. */
  async run(): Promise<{ times: RunTimes; found: number }> {
    const { preprocess } = this.course
    const startedAt = performance.now()
    const images = preprocess()
    const preparedAt = performance.now()
    await this.network.run({ images, ...this.inputs })
    const computedAt = performance.now()
    const { bbox } = await this.postprocess.run()
    const endedAt = performance.now()
    const times = {
      preprocess: preparedAt - startedAt,
      network: computedAt - preparedAt,
      postprocess: endedAt - computedAt,
      total: endedAt - startedAt,
    }
    return { times, found: bbox.length }
  }

  dispose(): void {
    this.network.dispose()
    release(this.inputs)
  }
}

function shapesOf(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(shapesOf)
  const record = tree as Record<string, unknown>
  if ('shape' in record) return record.shape
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, shapesOf(value)]))
}
