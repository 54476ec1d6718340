export { type Adapted, type AdaptedTensor, adaptNames } from './adapt_names.js'
export {
  compare,
  type Miss,
  type PretrainedReport,
  reportOf,
  requireExplained,
} from './compare.js'
export { reportLines } from './describe_report.js'
export { formOf, loadPretrained, matchPretrained } from './load_pretrained.js'
export { type Pretrained, type PretrainedTensor, readPretrained } from './read_pretrained.js'
export { writePretrained } from './write_pretrained.js'
