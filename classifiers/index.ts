export {
  type Classification,
  Classifier,
  type ClassifierBatch,
  type ClassifierLoss,
  type ClassifierOptions,
  type ClassifyBatch,
  isClassifier,
} from './classifier.js'
