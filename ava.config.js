export default {
  files: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  workerThreads: false,
  concurrency: 2,
  // For what hangs alone. It counts from result to result, and the tests of a file, which take
  // turns, end together.
  timeout: '1h',
}
