export * from './backbone.js'
export * from './vanillanet.js'
export {
  type VanillaNetArch,
  type VanillaNetOptions,
  vanillaNetArchs,
} from './vanillanet_options.js'
