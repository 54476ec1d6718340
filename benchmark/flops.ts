import { sizeOf } from '../host_tensor.js'
import type { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { mmcvOperations } from './mmcv_operations.js'
import { multiplyAccumulates } from './multiply_accumulates.js'
import { traceNetwork } from './network_graph.js'

/** What a model costs for one image. */
export interface OperationCounts {
  /** Trained weights: what papers and mmdetection call parameters. */
  params: number
  /** Weights that keep their values, such as those of a frozen stem: not in `params`. */
  frozenParams: number
  /** Trained weights, frozen ones and buffers such as running statistics. */
  paramsAndBuffers: number
  /** Billions of multiply-accumulates of all convolutions and matrix products. */
  gmacs: number
  /** Billions as mmcv counts them; see `mmcvOperations`. */
  gmacsMmcv: number
}

/**
 * Counts parameters and operations of one image, up to the raw outputs of the network. Nothing is
 * computed and no weight is drawn: the forward pass is traced, and the sizes of its nodes are added
 * up.
 *
 * @param size height and width of the input, pixels.
 */
export function countOperations(
  model: Module,
  [height, width]: readonly [height: number, width: number],
): OperationCounts {
  const named = model.namedParameters()
  const trainable = named.filter(([, parameter]) => parameter.trainable)
  const frozen = named.filter(([name, { trainable }]) => !trainable && !isStatistic(name))
  const graph = traceNetwork(model, [1, height, width, 3])
  return {
    params: valuesIn(trainable),
    frozenParams: valuesIn(frozen),
    paramsAndBuffers: valuesIn(named),
    gmacs: sum(graph.nodes.map(multiplyAccumulates)) / 1e9,
    gmacsMmcv: mmcvOperations(graph) / 1e9,
  }
}

function isStatistic(name: string): boolean {
  return /(^|\.)running_(mean|var)$/.test(name)
}

function valuesIn(named: [name: string, parameter: Parameter][]): number {
  return sum(named.map(([, { shape }]) => sizeOf(shape)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
