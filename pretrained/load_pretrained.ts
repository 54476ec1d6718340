import { DataError } from '../errors.js'
import type { Module } from '../nn/module.js'
import { fillWeights, shapesOf } from '../weights/fill_weights.js'
import type { Shapes } from '../weights/match_weights.js'
import type { WeightsChoice } from '../weights/torch/find_weights.js'
import { type Adapted, type AdaptedTensor, adaptNames, isOfKnownSource } from './adapt_names.js'
import { explainMatch, type PretrainedReport, reportOf, requireExplained } from './explain_match.js'
import { type Pretrained, readPretrained } from './read_pretrained.js'
import { isOfAverages, unwrap, wrapperPrefixes } from './wrappers.js'

export interface MatchOptions extends WeightsChoice {
  /**
   * Classes of the model, by label: layers of a file that is for classes of other names are left
   * out.
   */
  classes?: readonly string[]
  /** What of a detector is asked for; the rest may be missing. @default 'model' */
  part?: 'model' | 'backbone'
}

export interface PretrainedMatch {
  /** What fits, what does not and why; it may have misses without a reason. */
  report: PretrainedReport
  /** What fits, by the model's names. */
  tensors: Record<string, AdaptedTensor>
  /** All weights of the file by the names they have here. */
  adapted: Adapted
}

/**
 * Finds the weights of a `.pth` or `.safetensors` file that fit a model, whatever source their
 * names are of.
 */
export async function matchPretrained(
  model: Module,
  path: string,
  options: MatchOptions = {},
): Promise<PretrainedMatch> {
  const shapes = shapesOf(model)
  const match = matchShapes(await readPretrained(path, options), shapes, options)
  requireForm(match.adapted, new Set(Object.keys(shapes)))
  return match
}

/**
 * Matches the tensors of a file with those of a model, behind the prefix of wrappers that gives
 * them most names of the model. Of two that give as many, running averages are preferred, unless
 * `weights` chooses otherwise.
 *
 * @param shapes of the model, by name.
 */
export function matchShapes(
  pretrained: Pretrained,
  shapes: Shapes,
  { classes, part, weights }: MatchOptions = {},
): PretrainedMatch {
  const prefixes = wrapperPrefixes(Object.keys(pretrained.tensors))
  const files = [pretrained, ...prefixes.map((prefix) => unwrap(pretrained, prefix))]
  const isPreferred = (prefix = '') => isOfAverages(prefix) !== (weights === 'model')
  const matches = files.map((file) => {
    const adapted = adaptNames(file)
    const match = { adapted, ...explainMatch(adapted, shapes, { classes, part }) }
    const count = sharedNames(match.report)
    return { match, rank: 2 * count + (count > 0 && isPreferred(file.prefix) ? 1 : 0) }
  })
  return matches.reduce((best, next) => (next.rank > best.rank ? next : best)).match
}

/**
 * The weights of a file under the names they have here, without a model to compare with: behind the
 * first prefix of wrappers that gives them names of a known source.
 */
export function matchSource(pretrained: Pretrained): PretrainedMatch {
  const prefixes = wrapperPrefixes(Object.keys(pretrained.tensors))
  const files = prefixes.map((prefix) => unwrap(pretrained, prefix))
  const adapted = adaptNames(files.find(isOfKnownSource) ?? pretrained)
  return { adapted, report: reportOf(adapted), tensors: adapted.tensors }
}

/** How many names both the file and the model have. */
export function sharedNames({ loaded, otherShape, otherClasses }: PretrainedReport): number {
  return loaded.length + otherShape.length + otherClasses.length
}

/**
 * Loads them, one tensor at a time. What the report misses keeps its values.
 *
 * @throws DataError for a miss that nothing explains, before anything is loaded.
 */
export async function loadPretrained(
  model: Module,
  path: string,
  options: MatchOptions = {},
): Promise<PretrainedReport> {
  const { report, tensors } = await matchPretrained(model, path, options)
  requireExplained(report)
  await fillWeights(model, tensors)
  return report
}

/** The form of VanillaNet that the names are of; undefined for other networks. */
export function formOf({ tensors }: Pick<Adapted, 'tensors'>): 'train' | 'deploy' | undefined {
  return formOfNames(new Set(Object.keys(tensors)))
}

function formOfNames(names: ReadonlySet<string>): 'train' | 'deploy' | undefined {
  const has = (name: string) => names.has(name) || names.has(`backbone.${name}`)
  if (has('stem1.0.weight')) return 'train'
  return has('stem.0.weight') ? 'deploy' : undefined
}

function requireForm(adapted: Adapted, model: ReadonlySet<string>): void {
  const [found, wanted] = [formOf(adapted), formOfNames(model)]
  if (!found || !wanted || found === wanted) return
  const isMerged = found === 'deploy'
  throw new DataError(
    adapted.path,
    isMerged ? 'it holds the deploy form, which cannot be trained' : 'it holds the training form',
    isMerged ? 'give the weights it was merged from' : 'merge it with the command reparameterize',
  )
}
