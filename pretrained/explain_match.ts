import { DataError } from '../errors.js'
import {
  describeMisses,
  matchWeights,
  type Shapes,
  type WeightMatch,
} from '../weights/match_weights.js'
import type { Adapted, AdaptedTensor } from './adapt_names.js'
import {
  isClassLayer,
  type Situation,
  whyMissing,
  whyOtherShape,
  whyUnexpected,
} from './explain.js'

/** A tensor without its partner; `because` is undefined where no rule explains it. */
export interface Miss {
  name: string
  because: string | undefined
}

/** What became of each tensor of a file and of a model. */
export interface PretrainedReport {
  path: string
  key: string | undefined
  /** What wrappers had put before the names, as in `module.model.`, and was cut off. */
  prefix?: string
  source: string
  /** Tensors in both; `from` is the name in the file. */
  loaded: { name: string; from: string; changed?: string }[]
  /** Tensors in the model only. */
  missing: Miss[]
  /** Tensors in the file only, by the names they have in it. */
  unexpected: Miss[]
  /** Tensors in both, of different shapes. */
  otherShape: (Miss & { found: readonly number[]; expected: readonly number[] })[]
  /** Tensors in both, with outputs for classes of other names. */
  otherClasses: Miss[]
  notes: string[]
  /** Names of the classes, by label, where the file names them. */
  classes: readonly string[] | undefined
}

const OTHER_CLASSES = 'it is trained for classes of other names, so the layer starts anew'
const UNNAMED = 'it does not name its classes, which are taken to be those of the data'

/** Largest number of names of a kind that an error lists. */
const SHOWN = 4

/**
 * Matches the tensors of a file with those of a model, and explains what has no partner. The
 * weights of a backbone alone are matched with the backbone of a detector, and the backbone in the
 * weights of a detector with a classifier.
 *
 * @param shapes of the model, by name.
 * @param options.classes of the model, by label: layers of a file that is for classes of other
 *   names are left out.
 * @param options.part what of a detector is asked for. @default 'model'
 * @returns the report, and the tensors to load, by the model's names.
 */
export function explainMatch(
  adapted: Adapted,
  shapes: Shapes,
  { classes, part = 'model' }: { classes?: readonly string[]; part?: 'model' | 'backbone' } = {},
): { report: PretrainedReport; tensors: Record<string, AdaptedTensor> } {
  const tensors = asPartOf(shapes, adapted.tensors)
  const situation: Situation = {
    file: new Set(Object.keys(tensors)),
    model: new Set(Object.keys(shapes)),
    part,
  }
  const match = matchWeights(shapes, shapesOf(tensors))
  const isOfOthers = classes !== undefined && hasOtherNames(adapted.classes, classes)
  const startsAnew = (name: string) => isOfOthers && isClassLayer(name)
  const fits = match.matched.filter((name) => !startsAnew(name))
  const { tensors: _, leftOut, notes, ...file } = adapted
  const isUnnamed = classes !== undefined && !adapted.classes && fits.some(isClassLayer)
  const report: PretrainedReport = {
    ...file,
    loaded: fits.map((name) => ({ name, ...origin(tensors[name]) })),
    missing: match.missing.map((name) => ({ name, because: whyMissing(name, situation) })),
    unexpected: [...leftOut, ...unexpected(match, tensors, situation)],
    otherShape: match.mismatched.map(({ name, found, expected }) => {
      return { name, found, expected, because: whyOtherShape(name, situation, [found, expected]) }
    }),
    otherClasses: match.matched
      .filter(startsAnew)
      .map((name) => ({ name, because: OTHER_CLASSES })),
    notes: isUnnamed ? [...notes, UNNAMED] : notes,
  }
  return { report, tensors: Object.fromEntries(fits.map((name) => [name, tensors[name]])) }
}

/** Unexpected tensors, in the order of the file. */
function unexpected(
  match: WeightMatch,
  tensors: Record<string, AdaptedTensor>,
  situation: Situation,
): Miss[] {
  const names = new Set([...match.unexpected, ...match.ignored])
  return Object.entries(tensors).flatMap(([name, { from }]) => {
    return names.has(name) ? [{ name: from, because: whyUnexpected(name, situation) }] : []
  })
}

function shapesOf(tensors: Record<string, AdaptedTensor>): Shapes {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]))
}

function origin({ from, changed }: AdaptedTensor) {
  return { from, changed }
}

/** The report of a conversion without a model to compare with. */
export function reportOf({ tensors, leftOut, ...file }: Adapted): PretrainedReport {
  const loaded = Object.entries(tensors).map(([name, tensor]) => ({ name, ...origin(tensor) }))
  return { ...file, loaded, missing: [], unexpected: leftOut, otherShape: [], otherClasses: [] }
}

/** Refuses a file with a miss that nothing explains, before any of it is loaded. */
export function requireExplained(report: PretrainedReport): void {
  const { path, source, loaded, missing, unexpected, otherShape } = report
  const unexplained = {
    missing: missing.filter(isUnexplained).map(({ name }) => name),
    unexpected: unexpected.filter(isUnexplained).map(({ name }) => name),
    mismatched: otherShape.filter(isUnexplained),
  }
  const kinds = describeMisses(unexplained, { note: ' without a reason', shown: SHOWN })
  if (kinds.length === 0) return
  throw new DataError(
    path,
    `its weights (${source}) are not of this model: ${loaded.length} of ${tensorsOfModel(report)} tensors match; ${kinds.join('; ')}`,
    `give the config that the weights are for${kernelHint(otherShape)}`,
  )
}

function isUnexplained({ because }: Miss): boolean {
  return because === undefined
}

/** VanillaNet's depthwise kernels, `[c, 1, 2 n + 1, 2 n + 1]` where `n` is `actNum`. */
const KERNEL = /(?:^|\.)(?:stem2\.2|stem\.1|stages\.\d+\.act)\.weight$/

function kernelHint(otherShape: PretrainedReport['otherShape']): string {
  const kernel = otherShape.find(({ name, found }) => KERNEL.test(name) && found.length === 4)
  if (!kernel) return ''
  return `: its kernels are those of model.backbone.actNum=${(kernel.found[3] - 1) / 2}`
}

/** How many tensors the model has. */
export function tensorsOfModel(
  report: Pick<PretrainedReport, 'loaded' | 'missing' | 'otherShape' | 'otherClasses'>,
): number {
  const { loaded, missing, otherShape, otherClasses } = report
  return loaded.length + missing.length + otherShape.length + otherClasses.length
}

/** True for classes that are not the same by name; the same in another order are none. */
function hasOtherNames(found: readonly string[] | undefined, expected: readonly string[]): boolean {
  return found !== undefined && [...found].sort().join('\n') !== [...expected].sort().join('\n')
}

const BACKBONE = 'backbone.'

/**
 * Tensors under the names that the model has for them: of its backbone, where the model is a
 * detector and the file none; without that prefix, where the file is a detector and the model none.
 */
function asPartOf(shapes: Shapes, tensors: Record<string, AdaptedTensor>) {
  const isBackbone = (name: string) => name.startsWith(BACKBONE)
  const isDetector = Object.keys(shapes).some(isBackbone)
  if (isDetector === Object.keys(tensors).some(isBackbone)) return tensors
  const nameOf = (name: string) => {
    if (isDetector) return BACKBONE + name
    return isBackbone(name) ? name.slice(BACKBONE.length) : name
  }
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [nameOf(name), t] as const))
}
