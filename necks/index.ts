export * from './fpn.js'
export * from './neck.js'
