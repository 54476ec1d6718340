import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem, type as typeOfOs } from 'node:os'
import type { SessionOptions } from '../../engine/index.js'
import type { BenchmarkMachine } from '../benchmark_document.js'

/** Threads that compute one operation: those that all sessions share, one a core, unless a number was asked for. */
export function threadsOf(session: SessionOptions = {}): number {
  return session.threads || availableParallelism()
}

/** This machine, as networks compute on it. */
export function describeMachine(session?: SessionOptions): BenchmarkMachine {
  const onnxruntime = createRequire(import.meta.url)('onnxruntime-node/package.json')
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    os: `${typeOfOs()} ${release()}`,
    node: process.versions.node,
    onnxruntime: onnxruntime.version,
    threads: threadsOf(session),
  }
}
