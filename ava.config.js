export default {
  files: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  workerThreads: false,
  concurrency: 2,
  timeout: '10m',
}
