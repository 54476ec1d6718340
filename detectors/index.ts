export * from './detector.js'
export * from './retinanet.js'
