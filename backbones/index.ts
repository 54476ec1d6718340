export * from './backbone.js'
export * from './resnet.js'
export { type ResNetDepth, type ResNetOptions, resNetDepths } from './resnet_options.js'
export * from './swin.js'
export { type SwinArch, type SwinOptions, swinArchs } from './swin_options.js'
export * from './vanillanet.js'
export {
  type VanillaNetArch,
  type VanillaNetOptions,
  vanillaNetArchs,
} from './vanillanet_options.js'
