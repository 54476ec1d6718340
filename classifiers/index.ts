export {
  type Classification,
  Classifier,
  type ClassifierBatch,
  type ClassifierLoss,
  type ClassifierOptions,
  type ClassifyBatch,
  isClassifier,
} from './classifier.js'
export { type DistillationOptions, DistilledClassifier } from './distilled_classifier.js'
