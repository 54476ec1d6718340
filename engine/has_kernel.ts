import * as tf from '@tensorflow/tfjs'

/** Whether the current backend has a kernel: those of our own are the recording backend's alone. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined
}
