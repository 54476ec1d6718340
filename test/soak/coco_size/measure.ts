/**
 * One measure of test/soak/coco_size.ts, which runs it: `measure.ts NAME FOLDER COUNTS`, these as
 * JSON; prints its figures as JSON.
 */
import type { Counts } from './counts.js'
import { measureEvaluation } from './evaluation.js'
import type { Figure } from './figure.js'
import { measureOpening } from './opening.js'
import { measureOrder } from './order.js'
import { measurePlanning, measureResuming } from './planning.js'
import { measureTraining } from './training.js'

const [name, folder, counts] = process.argv.slice(2)
const { batches, ...training }: Counts = JSON.parse(counts)

const MEASURES: Record<string, () => Promise<Figure[]>> = {
  open: () => measureOpening(folder, { masks: false, again: false }),
  open_again: () => measureOpening(folder, { masks: false, again: true }),
  open_masks: () => measureOpening(folder, { masks: true, again: false }),
  open_masks_again: () => measureOpening(folder, { masks: true, again: true }),
  plan: () => measurePlanning(folder),
  resume: () => measureResuming(folder),
  order: () => measureOrder(folder, batches),
  evaluate: () => measureEvaluation(folder, false),
  evaluate_masks: () => measureEvaluation(folder, true),
  train: () => measureTraining(folder, training),
}

// Libraries greet on console.log; standard output is for the figures alone.
console.log = console.info = console.warn = console.error
process.stdout.write(JSON.stringify(await MEASURES[name]()))
