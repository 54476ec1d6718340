export { AlexNet, type AlexNetOptions } from './alexnet.js'
export {
  Backbone,
  type ClassifyingBackbone,
  isClassifying,
  isMergeable,
  type MergeableBackbone,
} from './backbone.js'
export { ResNet } from './resnet.js'
export { type ResNetDepth, type ResNetOptions, resNetDepths } from './resnet_options.js'
export { SwinTransformer } from './swin.js'
export { type SwinArch, type SwinOptions, swinArchs } from './swin_options.js'
export { VanillaNet } from './vanillanet.js'
export {
  type Shortcut,
  shortcuts,
  type VanillaNetArch,
  type VanillaNetOptions,
  vanillaNetArchs,
} from './vanillanet_options.js'
