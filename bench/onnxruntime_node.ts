import type * as onnxruntimeNode from 'onnxruntime-node'
import { disableTelemetry } from '../engine/runtime/telemetry.js'

/** The package onnxruntime-node itself, whose sessions ours are compared with. */
export async function loadOnnxruntimeNode(): Promise<typeof onnxruntimeNode> {
  disableTelemetry()
  return import('onnxruntime-node')
}
