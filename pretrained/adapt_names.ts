import { DataError } from '../errors.js'
import { METADATA_KEY } from '../weights/checkpoint_metadata.js'
import type { StoredTensor } from '../weights/decode_tensor.js'
import type { NameRule, Source } from './name_rules.js'
import type { Pretrained } from './read_pretrained.js'
import { SOURCES } from './sources/index.js'

/** A tensor under the name it has here. */
export interface AdaptedTensor extends StoredTensor {
  /** Its name in the file. */
  readonly from: string
  /** What was changed beside the name, in words. */
  readonly changed?: string
}

/** The weights of a file by the names they have here. */
export interface Adapted {
  path: string
  key: string | undefined
  /** Prefix of wrappers, which was cut off the names. */
  prefix: string | undefined
  /** Whose names they had. */
  source: string
  tensors: Record<string, AdaptedTensor>
  /** What of the file has no place here, by its names in it. */
  leftOut: { name: string; because: string }[]
  /** What the names cannot tell. */
  notes: string[]
  /** Names of the classes, by label, where the file has them. */
  classes: readonly string[] | undefined
}

/**
 * Gives the weights of a file the names and layouts they have here, by the rules of the source they
 * are from.
 */
export function adaptNames(pretrained: Pretrained): Adapted {
  const { path, key, prefix, tensors, others, refused } = pretrained
  const source = sourceOf(pretrained)
  const adapted = new Map<string, AdaptedTensor>()
  const leftOut = others.map(({ name, what }) => ({ name, because: `it is ${what}` }))
  for (const [from, tensor] of Object.entries(tensors)) {
    const rule = source?.rules.find((rule) => rule.from.test(from))
    if (rule && 'because' in rule) {
      leftOut.push({ name: from, because: rule.because })
      continue
    }
    const name = rule ? renamed(rule, from) : from
    const twin = adapted.get(name)
    if (twin) {
      const what = `both ${twin.from} and ${from} are ${name} here`
      throw new DataError(path, what, 'leave out one of them')
    }
    const changed = rule?.change?.apply(tensor, tensors) ?? tensor
    adapted.set(name, { ...changed, from, changed: rule?.change?.words })
  }
  const notes = [...(source?.notes ?? []), ...refused.map(noteOfRefused)]
  return {
    path,
    key,
    prefix,
    source: nameOf(pretrained, source),
    tensors: Object.fromEntries(adapted),
    leftOut,
    notes,
    classes: pretrained.classes,
  }
}

/** True for weights with the names of a source that is known. */
export function isOfKnownSource(pretrained: Pretrained): boolean {
  return sourceOf(pretrained) !== undefined
}

function sourceOf({ tensors }: Pretrained): Source | undefined {
  const names = Object.keys(tensors)
  return SOURCES.find(({ sign }) => names.some((name) => sign.test(name)))
}

function renamed({ from, to }: Extract<NameRule, { to: unknown }>, name: string): string {
  if (typeof to === 'string') return name.replace(from, to)
  const match = from.exec(name)
  return match ? to(match) : name
}

function noteOfRefused(global: string): string {
  return `its pickle names ${global}, which was not called`
}

function nameOf({ metadata, tensors }: Pretrained, source: Source | undefined): string {
  if (isTrainedHere(metadata)) return 'vanilladet'
  const isDetector = 'neck.lateral_convs.0.conv.weight' in tensors
  const backbone = source?.name ?? 'names of no known source'
  return isDetector ? `a detector with mmdetection's names; ${backbone}` : backbone
}

/** A converted file may have its classes under the same key, but no iteration. */
function isTrainedHere(metadata: Pretrained['metadata']): boolean {
  return metadata[METADATA_KEY]?.includes('"iteration":') ?? false
}
