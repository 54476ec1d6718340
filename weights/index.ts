export {
  type CheckpointMetadata,
  METADATA_KEY,
  parseJson,
  parseMetadata,
  readCheckpointMetadata,
} from './checkpoint_metadata.js'
export {
  decodeTensor,
  STORED_DTYPES,
  type StoredDType,
  type StoredTensor,
} from './decode_tensor.js'
export { loadWeights, trainStatePath } from './load_weights.js'
export { describeMatch, isFullMatch, matchWeights, type WeightMatch } from './match_weights.js'
export {
  listSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsHeader,
  writeSafetensors,
} from './safetensors.js'
export { saveModel } from './save_model.js'
