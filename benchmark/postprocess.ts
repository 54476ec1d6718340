import type { Detections } from '../detectors/detector.js'
import type { FrameTensors, Stages } from '../detectors/stages.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import type { HostTree, RunTree, TensorTree } from '../engine/tensors.js'
import { type CocoResults, cocoResults } from '../evaluation/coco_results.js'
import type { BenchmarkFrames } from './frames.js'
import { LoadedGraph, release, uploaded } from './loaded_graph.js'

type Inputs = { raw: TensorTree; rois: TensorTree; frames: FrameTensors }

/**
 * Post-processing of fixed raw outputs: a graph of its own, then COCO results with masks pasted
 * into their images.
 */
export class Postprocess {
  private constructor(
    private readonly graph: LoadedGraph<Inputs, Detections>,
    private readonly inputs: RunTree<Inputs>,
    private readonly batch: Parameters<typeof cocoResults>[1],
    private readonly categoryIds: number[],
  ) {}

  /** @param computed what the network computed, whose shapes the fixed outputs take. */
  static load(
    stages: Stages,
    computed: RunTree<TensorTree>,
    { imageSizes, scaleFactors, originalSize, batch }: BenchmarkFrames,
    compute: ComputeOptions,
  ): Postprocess {
    const raw = stages.fixedOutputs(computed)
    const frames = { imageSizes, scaleFactors }
    const inputs = uploaded<Inputs>({ raw, rois: stages.rois, frames }, compute)
    const call = (given: Inputs) => ({ ...stages.postprocess(given) })
    const graph = LoadedGraph.load<Inputs, Detections>('postprocess', call, inputs, {
      compute,
      outputs: 'host',
    })
    const images = {
      imageIds: Array.from({ length: batch }, (_, image) => image),
      originalSizes: Array.from({ length: batch }, () => [...originalSize] as [number, number]),
    }
    const categoryIds = Array.from({ length: stages.settings.numClasses }, (_, label) => label + 1)
    return new Postprocess(graph, inputs, images, categoryIds)
  }

  async run(): Promise<CocoResults> {
    await this.graph.run(this.inputs)
    const { boxesXyxy, scores, labels, masks } = this.graph.outputs as HostTree<Detections>
    const detections = { boxesXyxy, scores, labels, ...(masks && { masks }) }
    return cocoResults(detections, this.batch, this.categoryIds)
  }

  dispose(): void {
    this.graph.dispose()
    release(this.inputs)
  }
}
