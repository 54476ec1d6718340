export * from './detector.js'
export * from './mask_rcnn.js'
export * from './retinanet.js'
