import * as tf from '@tensorflow/tfjs'

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
export function isRegistered(variable: tf.Variable): boolean {
  return tf.engine().registeredVariables[variable.name] === variable
}

/**
 * TensorFlow.js forgets `variable` once `owner` is garbage, so that its list does not keep every
 * model ever made.
 */
export function releaseWith(owner: object, variable: tf.Variable): void {
  abandoned.register(owner, variable.name)
}

const abandoned = new FinalizationRegistry<string>((name) => {
  delete tf.engine().registeredVariables[name]
})
