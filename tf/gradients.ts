/**
 * Registers the gradients of TensorFlow.js's operations, and the operations as methods of tensors:
 * `x.add(y)`.
 *
 * `@tensorflow/tfjs-core` has both in a form that Node cannot load, `@tensorflow/tfjs` with 220 MB
 * besides. Sources import the latter, and `build_gradients.ts` puts a bundle in the place of
 * this module, so that the package does without.
 */
import '@tensorflow/tfjs'
