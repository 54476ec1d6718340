import { traceBackend } from '../engine/trace/backend.js'
import type { Node, Value } from '../engine/trace/graph.js'
import { trace } from '../engine/trace/trace.js'
import { ConvTranspose2d } from '../nn/conv_transpose2d.js'
import { Conv2d } from '../nn/conv2d.js'
import { Linear } from '../nn/linear.js'
import { functionalCall, Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import type * as tf from '../tf/tf.js'
import { rawOutputs } from './raw_outputs.js'

/** The forward pass of a network as nodes, and which layers they come from. */
export interface NetworkGraph {
  nodes: readonly Node[]
  images: Value
  /** Each parameter that the network uses. */
  parameters: ReadonlyMap<Value, Parameter>
  /** Kernels of layers, unlike those that a function convolves with. */
  layerKernels: ReadonlySet<Parameter | undefined>
  /** Biases of convolutions; those of matrix products are not counted. */
  convolutionBiases: ReadonlySet<Parameter | undefined>
  /**
   * Weights of layers that the original gives more rows than ours, with those of a layer that has
   * its rows.
   */
  rowsLike: ReadonlyMap<Parameter | undefined, Parameter>
  /** Kernels of convolutions whose ReLU is a function in the original. */
  unseenRelus: ReadonlySet<Parameter | undefined>
}

/** @param imageShape `[n, h, w, 3]`. */
export function traceNetwork(model: Module, imageShape: readonly number[]): NetworkGraph {
  const forward = rawOutputs(model)
  const named = model.namedParameters()
  const parameters = new Map<Value, Parameter>()
  let images: Value | undefined
  const float32 = (shape: readonly number[]) => ({ dtype: 'float32' as const, shape })
  type Inputs = { weights: Record<string, tf.Tensor>; images: tf.Tensor }
  const { nodes } = trace(
    'countOperations',
    (inputs: Inputs) => {
      images = traceBackend.lookUp(inputs.images).value
      for (const [name, parameter] of named) {
        parameters.set(traceBackend.lookUp(inputs.weights[name]).value, parameter)
      }
      const call = () => forward(inputs.images as tf.Tensor4D)
      return functionalCall(model, inputs.weights, call).result
    },
    {
      weights: Object.fromEntries(named.map(([name, { shape }]) => [name, float32(shape)])),
      images: float32(imageShape),
    },
  )
  const modules = modulesOf(model)
  const convolutions = modules.filter(
    (module) => module instanceof Conv2d || module instanceof ConvTranspose2d,
  )
  const layers = [...convolutions, ...modules.filter((module) => module instanceof Linear)]
  const layerKernels = new Set(layers.map(({ weight }) => weight))
  const convolutionBiases = new Set(convolutions.flatMap(({ bias }) => bias ?? []))
  const rowsLike = new Map(modules.flatMap(paddedProjections))
  const unseenRelus = new Set(modules.flatMap(functionalRelus))
  const layerFacts = { layerKernels, convolutionBiases, rowsLike, unseenRelus }
  return { nodes, images: images as Value, parameters, ...layerFacts }
}

/**
 * Attention in windows: the original sends the cells of the padding through `proj` too, ours
 * through `qkv` only.
 */
function paddedProjections(module: Module): [Parameter, Parameter][] {
  if (!('qkv' in module && 'proj' in module)) return []
  const { qkv, proj } = module
  return qkv instanceof Linear && proj instanceof Linear ? [[proj.weight, qkv.weight]] : []
}

/** Kernels before a ReLU that the original calls as a function, by a module that shows it. */
function functionalRelus(module: Module): Parameter[] {
  return 'functionalRelus' in module ? (module.functionalRelus as Parameter[]) : []
}

/** A module and all modules below it. */
function modulesOf(value: unknown): Module[] {
  if (Array.isArray(value)) return value.flatMap(modulesOf)
  if (!(value instanceof Module)) return []
  return [value, ...Object.values(value).flatMap(modulesOf)]
}
