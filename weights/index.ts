export * from './decode_tensor.js'
export * from './match_weights.js'
export * from './safetensors.js'
