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
export {
  formOf,
  loadPretrained,
  type MatchOptions,
  matchPretrained,
  matchShapes,
  matchSource,
  type PretrainedMatch,
  sharedNames,
} from './load_pretrained.js'
export { type Pretrained, readPretrained } from './read_pretrained.js'
export { isOfAverages } from './wrappers.js'
