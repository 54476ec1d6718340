/**
 * TensorFlow.js as this library uses it: its operations, their gradients, and the backend for
 * processors.
 *
 * A user's `@tensorflow/tfjs` is the same copy, with layers, models and file formats besides.
 */
import '@tensorflow/tfjs-backend-cpu'
import * as core from '@tensorflow/tfjs-core'
import './gradients.js'

export * from '@tensorflow/tfjs-core'

/** Name of the backend that records what an operation computes (`engine/trace/`). */
export const TRACE_BACKEND = 'vanilladet-trace'

/** Whether the current backend has a kernel: those of our own are the recording backend's alone. */
export function hasKernel(name: string): boolean {
  return core.getKernel(name, core.getBackend()) !== undefined
}
