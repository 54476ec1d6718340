export { type Adapted, type AdaptedTensor, adaptNames } from './adapt_names.js'
export {
  compare,
  type Miss,
  type PretrainedReport,
  reportOf,
  requireExplained,
  tensorsOfModel,
} from './compare.js'
export { reportLines } from './describe_report.js'
export { isKeyOfAverages } from './find_weights.js'
export {
  fillWeights,
  formOf,
  loadPretrained,
  type MatchOptions,
  matchPretrained,
  matchShapes,
  matchSource,
  type PretrainedMatch,
  shapesOf,
  sharedNames,
} from './load_pretrained.js'
export { type Pretrained, type PretrainedTensor, readPretrained } from './read_pretrained.js'
export { isOfAverages } from './wrappers.js'
export { writePretrained } from './write_pretrained.js'
