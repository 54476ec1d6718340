import { DataError } from '../errors.js'
import type { Module } from '../nn/index.js'
import { type Adapted, type AdaptedTensor, adaptNames } from './adapt_names.js'
import { compare, type PretrainedReport, requireExplained } from './compare.js'
import { readPretrained } from './read_pretrained.js'

/**
 * Finds the weights of a `.pth` or `.safetensors` file that fit a model, whatever source their names are of.
 *
 * @param options.key of the dictionary in the file, instead of the best that is there.
 * @returns what fits, by the model's names, and the report, which may have misses without a reason.
 */
export async function matchPretrained(
  model: Module,
  path: string,
  options: { key?: string } = {},
): Promise<{ report: PretrainedReport; tensors: Record<string, AdaptedTensor> }> {
  const adapted = adaptNames(await readPretrained(path, options))
  const shapes = model.namedParameters().map(([name, { shape }]) => [name, shape] as const)
  requireForm(adapted, new Set(shapes.map(([name]) => name)))
  return compare(adapted, Object.fromEntries(shapes))
}

/**
 * Loads them, one tensor at a time. What the report misses keeps its values.
 *
 * @throws DataError for a miss that nothing explains, before anything is loaded.
 */
export async function loadPretrained(
  model: Module,
  path: string,
  options: { key?: string } = {},
): Promise<PretrainedReport> {
  const { report, tensors } = await matchPretrained(model, path, options)
  requireExplained(report)
  for (const [name, parameter] of model.namedParameters()) {
    if (!Object.hasOwn(tensors, name)) continue
    const { data } = await tensors[name].read()
    parameter.data = data instanceof Float32Array ? data : Float32Array.from(data)
  }
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
    isMerged ? 'give the weights it was merged from' : 'merge it with tools/reparameterize.ts',
  )
}
