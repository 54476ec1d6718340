export * from './retina_head.js'
