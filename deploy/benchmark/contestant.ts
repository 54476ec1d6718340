import type * as tf from '@tensorflow/tfjs'
import type { Detector } from '../../detectors/index.js'
import type { TensorTree } from '../../engine/index.js'
import { type BenchmarkFrames, benchmarkFrames, makePreprocess } from './frames.js'
import { LoadedGraph } from './loaded_graph.js'
import { Postprocess } from './postprocess.js'
import { type Stages, stagesOf } from './stages.js'

/** Milliseconds of one run. */
export interface RunTimes {
  preprocess: number
  network: number
  postprocess: number
  total: number
}

type NetworkInputs = { images: tf.Tensor; imageSizes: tf.Tensor; rois: TensorTree }
type Network = LoadedGraph<NetworkInputs, TensorTree>

export interface CourseOptions {
  batch: number
  seed: number
}

/** What all detectors of a benchmark have in common: images, and post-processing where their heads agree. */
export class Course {
  readonly frames: BenchmarkFrames
  readonly preprocess: ReturnType<typeof makePreprocess>
  readonly seed: number
  private readonly loaded = new Map<string, Postprocess>()

  /** @param shape height and width of the input, pixels. */
  constructor(shape: readonly [number, number], { batch, seed }: CourseOptions) {
    this.frames = benchmarkFrames(shape, batch)
    this.preprocess = makePreprocess(this.frames, seed)
    this.seed = seed
  }

  /** Post-processing for what a network computes, loaded once for all whose heads agree. */
  async postprocessFor(stages: Stages, computed: Network['outputs']): Promise<Postprocess> {
    const key = JSON.stringify([stages.settings, shapesOf(computed)])
    const known = this.loaded.get(key)
    if (known) return known
    const postprocess = await Postprocess.load(stages, computed, this.frames)
    this.loaded.set(key, postprocess)
    return postprocess
  }

  async dispose(): Promise<void> {
    for (const postprocess of this.loaded.values()) await postprocess.dispose()
  }
}

/** A detector that is ready to be timed. Its weights are held by ONNX Runtime alone. */
export class Contestant {
  private constructor(
    readonly loadMs: number,
    private readonly course: Course,
    private readonly network: Network,
    private readonly rois: Stages['rois'],
    private readonly postprocess: Postprocess,
  ) {}

  static async load(detector: Detector, course: Course): Promise<Contestant> {
    const { frames, seed } = course
    const stages = stagesOf(detector, frames, seed)
    const { imageSizes } = frames
    const inputs = { images: course.preprocess(), imageSizes, rois: stages.rois }
    const network: Network = await LoadedGraph.load(
      'network',
      (given: NetworkInputs) => stages.network(given),
      inputs,
    )
    const postprocess = await course.postprocessFor(stages, network.outputs)
    return new Contestant(network.loadMs, course, network, stages.rois, postprocess)
  }

  /** One batch, from decoded images to COCO results, of which `found` are counted. */
  async run(): Promise<{ times: RunTimes; found: number }> {
    const { preprocess, frames } = this.course
    const startedAt = performance.now()
    const images = preprocess()
    const preparedAt = performance.now()
    await this.network.run({ images, imageSizes: frames.imageSizes, rois: this.rois })
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

  dispose(): Promise<void> {
    return this.network.dispose()
  }
}

function shapesOf(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(shapesOf)
  const record = tree as Record<string, unknown>
  if ('shape' in record) return record.shape
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, shapesOf(value)]))
}
