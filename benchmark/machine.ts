import { availableParallelism, cpus, release, totalmem, type as typeOfOs } from 'node:os'
import type { ComputeOptions } from '../engine/compute_options.js'
import { sharedThreads } from '../engine/runtime/environment.js'
import { onnxruntimeNode } from '../engine/runtime/ort_library.js'
import type { BenchmarkMachine } from './benchmark_document.js'
import { describeGpu } from './gpu.js'

/** This machine, as networks compute on it. */
export function describeMachine({ device = 'cpu' }: ComputeOptions = {}): BenchmarkMachine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    os: `${typeOfOs()} ${release()}`,
    node: process.versions.node,
    onnxruntime: onnxruntimeNode().version,
    threads: sharedThreads(),
    ...(device !== 'cpu' && describeGpu()),
  }
}
