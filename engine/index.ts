export * from './compile.js'
export * from './eager.js'
export * from './tensors.js'
