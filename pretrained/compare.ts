import { DataError } from '../errors.js'
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
  /** In both; `from` is the name in the file. */
  loaded: { name: string; from: string; changed?: string }[]
  /** In the model only. */
  missing: Miss[]
  /** In the file only, by the names they have in it. */
  unexpected: Miss[]
  /** In both, of different shapes. */
  otherShape: (Miss & { found: readonly number[]; expected: readonly number[] })[]
  /** In both, with outputs for classes of other names. */
  otherClasses: Miss[]
  notes: string[]
  /** Names of the classes, by label, where the file tells them. */
  classes: readonly string[] | undefined
}

type Shapes = Readonly<Record<string, readonly number[]>>

const OTHER_CLASSES = 'it is trained for classes of other names, so the layer starts anew'

/** At most this many names of a kind are told in an error. */
const SHOWN = 4

/**
 * Compares the tensors of a file with those of a model, and explains what has no partner. The
 * weights of a backbone alone are compared with the backbone of a detector.
 *
 * @param shapes of the model, by name.
 * @param options.classes of the model, by label: layers of a file that is for classes of other
 *   names are left out.
 * @param options.part what of a detector is asked for. @default 'model'
 * @returns the report, and the tensors to load, by the model's names.
 */
export function compare(
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
  const { path, key, prefix, source } = adapted
  const isOfOthers = classes !== undefined && hasOtherNames(adapted.classes, classes)
  const report: PretrainedReport = {
    ...{ path, key, prefix, source, loaded: [], missing: [], otherShape: [], otherClasses: [] },
    ...{ notes: [...adapted.notes], classes: adapted.classes },
    unexpected: adapted.leftOut.map(({ name, because }) => ({ name, because })),
  }
  const loaded: [string, AdaptedTensor][] = []
  for (const [name, expected] of Object.entries(shapes)) {
    const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined
    if (!tensor) {
      report.missing.push({ name, because: whyMissing(name, situation) })
    } else if (!isSame(tensor.shape, expected)) {
      const because = whyOtherShape(name, situation, [tensor.shape, expected])
      report.otherShape.push({ name, found: tensor.shape, expected, because })
    } else if (isOfOthers && isClassLayer(name)) {
      report.otherClasses.push({ name, because: OTHER_CLASSES })
    } else {
      loaded.push([name, tensor])
      report.loaded.push({ name, from: tensor.from, changed: tensor.changed })
    }
  }
  for (const [name, tensor] of Object.entries(tensors)) {
    if (situation.model.has(name)) continue
    report.unexpected.push({ name: tensor.from, because: whyUnexpected(name, situation) })
  }
  if (classes !== undefined && !adapted.classes && loaded.some(([name]) => isClassLayer(name))) {
    report.notes.push('it does not name its classes, which are taken to be those of the data')
  }
  return { report, tensors: Object.fromEntries(loaded) }
}

/** The report of a conversion without a model to compare with. */
export function reportOf({ tensors, leftOut, ...rest }: Adapted): PretrainedReport {
  const loaded = Object.entries(tensors).map(([name, { from, changed }]) => ({
    name,
    from,
    changed,
  }))
  return { ...rest, loaded, missing: [], unexpected: leftOut, otherShape: [], otherClasses: [] }
}

/** Refuses a file with a miss that nothing explains, before any of it is loaded. */
export function requireExplained({ path, source, ...report }: PretrainedReport): void {
  const { loaded, missing, unexpected, otherShape } = report
  const total = tensorsOfModel(report)
  const shapes = otherShape.map(({ name, found, expected, because }) => {
    return { name: `${name} is [${found.join(', ')}], not [${expected.join(', ')}]`, because }
  })
  const kinds = [
    ...unexplained(missing, 'missing'),
    ...unexplained(unexpected, 'unexpected'),
    ...unexplained(shapes, 'of another shape'),
  ]
  if (kinds.length === 0) return
  throw new DataError(
    path,
    `its weights (${source}) are not of this model: ${loaded.length} of ${total} tensors match; ${kinds.join('; ')}`,
    `give the config that the weights are for${kernelHint(otherShape)}`,
  )
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

function unexplained(misses: readonly Miss[], kind: string): string[] {
  const names = misses.filter(({ because }) => because === undefined).map(({ name }) => name)
  if (names.length === 0) return []
  const rest = names.length > SHOWN ? ', ...' : ''
  return [`${names.length} ${kind} without a reason (${names.slice(0, SHOWN).join(', ')}${rest})`]
}

/** Under the names of a detector's backbone, where the model is a detector and the file none. */
function asPartOf(shapes: Shapes, tensors: Record<string, AdaptedTensor>) {
  const isBackbone = (name: string) => name.startsWith('backbone.')
  if (!Object.keys(shapes).some(isBackbone) || Object.keys(tensors).some(isBackbone)) return tensors
  const named = Object.entries(tensors).map(([name, t]) => [`backbone.${name}`, t] as const)
  return Object.fromEntries(named)
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis])
}
