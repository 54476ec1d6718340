export { type Adapted, type AdaptedTensor, adaptNames } from './adapt_names.js'
export { reportLines } from './describe_report.js'
export {
  explainMatch,
  type Miss,
  type PretrainedReport,
  reportOf,
  requireExplained,
  tensorsOfModel,
} from './explain_match.js'
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
