import { type Classifier, isClassifier } from '../classifiers/classifier.js'
import { DistilledClassifier } from '../classifiers/distilled_classifier.js'
import { ConfigError, DataError } from '../errors.js'
import type { DistillConfig } from '../registry/config.js'
import type { Config, TrainableModel } from '../registry.js'
import type { Trainable } from '../training/trainable.js'
import { loadConfig } from './load.js'
import { loadModel } from './load_detector.js'

/** What is known of a run when its teacher is asked for. */
export interface DistillOptions {
  /** Names of the classes of the data, by label. */
  classes: readonly string[]
  /** Takes what is worth knowing before the first iteration. */
  say(line: string): void
}

/**
 * What the training loop trains: the model of a config, with its teacher where `distill` names one.
 *
 * @throws ConfigError or DataError where the model is no classifier, or its teacher none of the
 *   same classes.
 */
export async function withTeacher(
  { distill, model: described }: Config,
  model: TrainableModel,
  options: DistillOptions,
): Promise<Trainable> {
  if (distill === undefined) return model
  if (!isClassifier(model)) {
    const what = `is given, but model.type is ${described.type}`
    throw new ConfigError('distill', what, 'leave it out, or train a Classifier')
  }
  const { weight, temperature } = distill
  return new DistilledClassifier(model, {
    ...{ weight, temperature },
    ...(await loadTeacher(distill.teacher, options)),
  })
}

async function loadTeacher(
  { config: path, checkpoint }: DistillConfig['teacher'],
  { classes, say }: DistillOptions,
): Promise<{ teacher: Classifier; teacherLambda?: number }> {
  const config = await loadConfig(path)
  const { type, numClasses } = config.model
  if (type !== 'Classifier') {
    const what = `is ${path}, whose model.type is ${type}`
    throw new ConfigError('distill.teacher.config', what, 'name the config of a Classifier')
  }
  if (numClasses !== classes.length) {
    const what = `is ${path}, whose model.numClasses is ${numClasses}, but the data has ${classes.length} classes`
    throw new ConfigError('distill.teacher.config', what, 'name a teacher of the same classes')
  }
  const { model, form, metadata } = await loadModel(config, checkpoint, { preferDeploy: true, say })
  if (!isClassifier(model))
    throw new Error('distill: the config of a classifier made another model')
  if (metadata?.classes) requireSameClasses(checkpoint, metadata.classes, classes)
  say(`learns from ${checkpoint} too, a ${model.backbone.constructor.name} in ${form} form`)
  return { teacher: model, teacherLambda: metadata?.lambda }
}

function requireSameClasses(
  checkpoint: string,
  taught: readonly string[],
  classes: readonly string[],
): void {
  const label = classes.findIndex((name, i) => name !== taught[i])
  if (label < 0) return
  throw new DataError(
    checkpoint,
    `its class ${label} is '${taught[label]}', and that of the data '${classes[label]}'`,
    'name a teacher that was trained on the same classes in distill.teacher',
  )
}
