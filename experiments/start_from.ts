import { DataError } from '../errors.js'
import type { Module } from '../nn/module.js'
import { randomizeNorms } from '../nn/randomize_norms.js'
import { reportLines } from '../pretrained/describe_report.js'
import { isClassLayer } from '../pretrained/explain.js'
import { loadPretrained } from '../pretrained/load_pretrained.js'
import { findCheckpoint } from '../training/find_checkpoint.js'
import { RANDOM } from './load_detector.js'

/**
 * Loads the weights that fit into a model that has its initial ones. Layers of another number of
 * classes, or of classes of other names, start anew.
 *
 * @param checkpoint as `loadDetector` takes it.
 * @param classes of the data, by label.
 * @returns lines that report how much was loaded, and why the rest was not.
 * @throws DataError for a weight that does not fit for a reason that is not known, and for the
 *   same classes in another order, unless no layer of them is loaded, as from a classifier to a
 *   detector.
 */
export async function startFrom(
  model: Module,
  checkpoint: string,
  { classes, seed }: { classes: readonly string[]; seed: number },
): Promise<string[]> {
  if (checkpoint === RANDOM) {
    randomizeNorms(model, seed)
    return ['random: new weights, with the BatchNorm statistics of a trained network']
  }
  const path = await findCheckpoint(checkpoint)
  const report = await loadPretrained(model, path, { classes })
  const hasClasses = report.loaded.some(({ name }) => isClassLayer(name))
  if (hasClasses) requireOrder(path, report.classes, classes)
  return reportLines(report)
}

/**
 * Refuses the classes of the data in another order, with which every box would get another's name.
 */
function requireOrder(
  path: string,
  saved: readonly string[] | undefined,
  classes: readonly string[],
): void {
  if (saved?.length !== classes.length) return
  if (saved.some((name) => !classes.includes(name))) return // its class layers start anew
  const label = saved.findIndex((name, i) => name !== classes[i])
  if (label < 0) return
  throw new DataError(
    path,
    `its class ${label} is '${saved[label]}', and that of the data '${classes[label]}'`,
    'list the categories of the annotations in its order',
  )
}
