import * as tf from '@tensorflow/tfjs'

/**
 * Name of the TensorFlow.js backend that records. In a file without imports of ours, so that asking
 * for it loads no engine.
 */
export const TRACE_BACKEND = 'vanilladet-trace'

/** Whether the current backend has a kernel: those of our own are the recording backend's alone. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined
}
