export {
  BENCHMARK_DEFAULTS,
  type BenchmarkEntry,
  type BenchmarkOptions,
  benchmark,
  peakMemoryOf,
} from './benchmark.js'
export {
  type BenchmarkDocument,
  type BenchmarkMachine,
  type BenchmarkRatio,
  type BenchmarkRow,
  type BenchmarkSettings,
  type BenchmarkTimes,
  MAX_SPREAD,
} from './benchmark_document.js'
export { countOperations, type OperationCounts } from './flops.js'
export { rawOutputs } from './raw_outputs.js'
export { median, quantile, type TimingOptions, timeInTurns } from './time_in_turns.js'
