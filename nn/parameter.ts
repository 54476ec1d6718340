import { Random } from '../random/random.js'
import * as tf from '../tf/tf.js'

/** Fills a new array for a parameter of `shape` (PyTorch's axis order). */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array

let serial = 0

/**
 * One named array of a module: a trained weight, or a buffer such as a running mean.
 *
 * It is kept in the layout of the PyTorch original (convolutions `[out, in / groups, kh, kw]`,
 * linear layers `[out, in]`); modules transpose it where they use it, which costs nothing in a
 * traced graph.
 *
 * Its values are on the host (`data`), and from the first eager use on in a `tf.Variable` too.
 * Whichever changes, the other follows when it is asked for. Inside `functionalCall` both are left
 * alone.
 */
export class Parameter {
  readonly shape: readonly number[]
  /** False for buffers: no gradient, no optimizer. */
  readonly trainable: boolean
  private readonly initializer: Initializer
  private readonly serial = serial++
  private host: Float32Array | undefined
  private eager: tf.Variable
  /** The variable's values that `host` has too. */
  private shared: tf.DataId | undefined
  /** False while the variable has no values. */
  private isFilled = false
  private substitute: tf.Tensor | undefined
  private updated: tf.Tensor | undefined

  constructor(
    shape: readonly number[],
    initializer: Initializer,
    options: { trainable?: boolean } = {},
  ) {
    this.shape = shape
    this.initializer = initializer
    this.trainable = options.trainable ?? true
    this.eager = this.newVariable()
  }

  /**
   * The values on the host; drawn from the initializer when first asked for, read from the variable
   * when that was trained. To change them, assign a new array.
   */
  get data(): Float32Array {
    if (this.isFilled && this.eager.dataId !== this.shared) {
      this.host = this.variable.dataSync() as Float32Array
      this.shared = this.eager.dataId
    }
    this.host ??= this.initializer(this.shape, new Random('parameter', this.serial))
    return this.host
  }

  /** Replaces the values, in the variable too; `values` is kept, not copied. */
  set data(values: Float32Array) {
    const isInUse = this.isFilled && !this.isLost()
    this.host = values
    this.isFilled = false
    if (isInUse) this.fill()
  }

  /** Draws new values from the initializer. */
  initialize(random: Random): void {
    this.data = this.initializer(this.shape, random)
  }

  /** The tensor to compute with: the one `functionalCall` put in place, or the variable. */
  get value(): tf.Tensor {
    return this.updated ?? this.substitute ?? this.variable
  }

  /**
   * What eager computation uses, for TensorFlow.js's optimizers and gradients. It is one object for
   * the life of the parameter, or until `dispose`, and its name is unique.
   *
   * @throws if someone else has disposed of it and trained values went with it.
   */
  get variable(): tf.Variable {
    if (this.isLost()) this.replaceLost()
    if (!this.isFilled) this.fill()
    return this.eager
  }

  /**
   * Gives a buffer its next value, which it takes over. Inside `functionalCall` the new value goes
   * out as a result of the call; outside, it becomes the variable's value at once.
   */
  update(value: tf.Tensor): void {
    if (this.substitute) {
      this.updated = tf.keep(value)
      return
    }
    if (tf.getBackend() === tf.TRACE_BACKEND) {
      throw new Error(
        'Parameter: a buffer was updated in a traced function that holds it; pass its values in by functionalCall',
      )
    }
    this.variable.assign(value)
    value.dispose()
  }

  /**
   * Frees the variable; the values stay on the host, and the next eager use makes another variable.
   */
  dispose(): void {
    if (!this.isFilled) return
    this.host = this.data
    this.eager.dispose()
    this.eager = this.newVariable()
  }

  /** For `functionalCall` only: computes with `value` until `release`. */
  substituteWith(value: tf.Tensor): void {
    this.substitute = value
  }

  /**
   * For `functionalCall` only: ends the substitution and returns the update it gathered, if any.
   */
  release(): tf.Tensor | undefined {
    const updated = this.updated
    this.substitute = undefined
    this.updated = undefined
    return updated
  }

  private newVariable(): tf.Variable {
    this.isFilled = false
    this.shared = undefined
    const variable = emptyVariable(this.shape, this.trainable)
    releaseWith(this, variable)
    return variable
  }

  private fill(): void {
    const values = tf.tensor(this.data, [...this.shape], 'float32')
    this.eager.assign(values)
    values.dispose()
    this.shared = this.eager.dataId
    this.isFilled = true
  }

  /** True after `tf.disposeVariables()` and the like. */
  private isLost(): boolean {
    return this.eager.isDisposed || !isRegistered(this.eager)
  }

  private replaceLost(): void {
    if (this.isFilled && this.eager.dataId !== this.shared) {
      throw new Error(
        'Parameter: its variable was disposed of with trained values in it; read data (or stateDict) before, and ' +
          'free variables by module.dispose()',
      )
    }
    this.eager = this.newVariable()
  }
}

/**
 * A variable that TensorFlow.js lists, but that has no values until they are assigned.
 *
 * `minimize` and `variableGrads` list all variables first and call the loss then. A variable that
 * were made when the loss first asks for it would miss that list, and its weight stay as it is for
 * a step. Making all of them with values when a module is made would take memory where nothing is
 * computed eagerly.
 *
 * @param shape of the values to come, which are float32.
 */
export function emptyVariable(shape: readonly number[], trainable: boolean): tf.Variable {
  const engine = tf.engine()
  // Private in its types; the number is unique also among tensors of another copy of this file.
  const id = (engine as unknown as { nextTensorId(): number }).nextTensorId()
  const description = { shape: [...shape], dtype: 'float32', dataId: {} } as unknown as tf.Tensor
  const variable = new tf.Variable(description, trainable, `parameter_${id}`, id)
  engine.registeredVariables[variable.name] = variable
  return variable
}

/** True until the variable is disposed of, by itself or with all others. */
function isRegistered(variable: tf.Variable): boolean {
  return tf.engine().registeredVariables[variable.name] === variable
}

/**
 * TensorFlow.js forgets `variable` once `owner` is garbage, so that its list does not keep every
 * model ever made.
 */
function releaseWith(owner: object, variable: tf.Variable): void {
  abandoned.register(owner, variable.name)
}

const abandoned = new FinalizationRegistry<string>((name) => {
  delete tf.engine().registeredVariables[name]
})
