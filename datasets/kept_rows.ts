import { annotationRules } from '../packages/pycocotools-js/source/annotations/annotation_rules.js'
import { isId } from '../packages/pycocotools-js/source/ids.js'
import type { Id } from '../packages/pycocotools-js/source/types.js'
import type { AnnotationFile, Entry } from './annotation_file.js'
import type { Faults } from './faults.js'
import type { ListCounts } from './left_out.js'
import type { LocatedImage } from './locate_images.js'

export interface KeepOptions {
  /** Those that are used; of the others of the file, annotations are left out. */
  images: readonly LocatedImage[]
  /** Whether every annotation must have a mask. */
  masks: boolean
  faults: Faults
  counts: ListCounts
}

/** The rows of the sound annotations of `images`, in file order; the others go to `faults`. */
export function keptRows(file: AnnotationFile, options: KeepOptions): Int32Array {
  const { images, masks, faults, counts } = options
  const { rows } = file
  if (isKnownSound(file, options)) {
    counts.total = rows.length
    return new Int32Array(rows.length).map((_, row) => row)
  }
  const used = new Set<Id>(images.map(({ id }) => id))
  const unused = new Set<unknown>(
    file.images.map(({ id }) => id).filter((id) => !used.has(id as Id)),
  )
  const ruleFor = annotationRules(
    { dataset: { images: [...images], categories: entriesWithId(file.categories) }, rows },
    { masks },
  )
  const kept = new Int32Array(rows.length)
  let length = 0
  for (let row = 0; row < rows.length; row++) {
    if (unused.size > 0 && unused.has(rows.imageId(row))) continue
    counts.total++
    const fault = ruleFor(row)
    if (fault) faults.addOrDrop(fault, counts.leftOut, rows.id(row) ?? row + 1)
    else kept[length++] = row
  }
  return kept.slice(0, length)
}

/** Whether the whole file is used, and its annotations were found to keep the rules before. */
function isKnownSound(file: AnnotationFile, { images, masks }: KeepOptions): boolean {
  const isKnown = file.keptRules === 'masks' || (file.keptRules === 'boxes' && !masks)
  return isKnown && images.length === file.images.length
}

/**
 * What an annotation can belong to: that an entry has other faults is reported of itself, not of
 * its annotations.
 */
function entriesWithId(list: readonly Entry[]): { id: Id }[] {
  return list.filter((entry): entry is { id: Id } => isId(entry.id))
}
