import { Random } from '../random/random.js'
import type * as tf from '../tf/tf.js'
import { Parameter } from './parameter.js'

/** What changes from call to call; every module passes it on to its children. */
export interface ForwardOptions {
  /** BatchNorm uses and gathers batch statistics. @default false */
  training?: boolean
  /**
   * Deep-training lambda, a scalar in [0, 1]: slope of the activation between paired convolutions.
   * @default 1
   */
  lambda?: tf.Scalar
  /**
   * What random choices are made of, by name: uniform in [0, 1), of the shapes a backbone asks for.
   */
  noise?: Readonly<Record<string, tf.Tensor>>
}

/**
 * Parameters and child modules under the names of the PyTorch original.
 *
 * A property that holds a `Parameter`, a `Module`, or a list of them is part of the module; its
 * name (and its index in a list) is its part of the path, as in `stages.3.conv1.0.weight`.
 */
export abstract class Module {
  abstract forward(...inputs: never[]): unknown

  /**
   * Parameters and buffers below this module with their paths, in the order of their properties.
   */
  namedParameters(): [name: string, parameter: Parameter][] {
    const found: [string, Parameter][] = []
    for (const [key, value] of Object.entries(this)) collect(value, key, found)
    return found
  }

  /** Host values of all parameters and buffers by path: what a checkpoint holds. Not copied. */
  stateDict(): Record<string, Float32Array> {
    return Object.fromEntries(this.namedParameters().map(([name, p]) => [name, p.data]))
  }

  /**
   * The variables of all trained weights, in the order of `namedParameters`: what TensorFlow.js's
   * optimizers, `variableGrads` and `grads` take. They are the weights themselves, which is where
   * training them shows.
   */
  trainableVariables(): tf.Variable[] {
    return this.namedParameters()
      .filter(([, parameter]) => parameter.trainable)
      .map(([, parameter]) => parameter.variable)
  }

  /**
   * Frees the variables of eager use. All values stay, on the host, and the module can be used
   * again.
   */
  dispose(): void {
    for (const [, parameter] of this.namedParameters()) parameter.dispose()
  }

  /** Draws new values for every parameter, each from a stream of its own name. */
  initialize(seed: number): this {
    for (const [name, parameter] of this.namedParameters()) {
      parameter.initialize(new Random(seed, name))
    }
    return this
  }
}

function collect(value: unknown, path: string, found: [string, Parameter][]): void {
  if (value instanceof Parameter) {
    found.push([path, value])
  } else if (value instanceof Module) {
    for (const [name, parameter] of value.namedParameters())
      found.push([`${path}.${name}`, parameter])
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collect(item, `${path}.${index}`, found)
  }
}

/**
 * Calls `call` with the parameters of `module` replaced by `values`: like
 * `torch.func.functional_call`.
 *
 * @param values a tensor for every parameter and buffer, by path.
 * @returns the result, and the buffers that the call updated, by path.
 */
export function functionalCall<Result>(
  module: Module,
  values: Readonly<Record<string, tf.Tensor>>,
  call: () => Result,
): { result: Result; updates: Record<string, tf.Tensor> } {
  const named = module.namedParameters()
  const missing = named.find(([name]) => !(name in values))
  if (missing) {
    throw new Error(`functionalCall: no value for ${missing[0]}; give one for every parameter`)
  }
  for (const [name, parameter] of named) parameter.substituteWith(values[name])
  const updates: Record<string, tf.Tensor> = {}
  let result: Result
  try {
    result = call()
  } finally {
    for (const [name, parameter] of named) {
      const updated = parameter.release()
      if (updated) updates[name] = updated
    }
  }
  return { result, updates }
}
