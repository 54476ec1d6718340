export * from './module.js'
export * from './parameter.js'
export * from './random.js'
