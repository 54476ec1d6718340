import { showId } from '../ids.js'
import type { Id } from '../types.js'
import { numberOfId } from './annotation_faults.js'
import type { AnnotationRows } from './annotation_rows.js'

/**
 * Something about ground truths that pycocotools takes otherwise than most expect, and this package
 * alike.
 */
export interface AnnotationTrap {
  /** A short name, such as `id 0`. */
  trap: string
  /** Annotations that are concerned. */
  count: number
  /** The id of the first. */
  first: Id
  /** A sentence that begins with the file. */
  message: string
}

/** What is asked of a `COCO`. */
interface GroundTruth {
  rows: AnnotationRows
  /** Annotations by id, each once. */
  anns: { readonly size: number }
  name: string
}

/**
 * The traps in a ground truth; `COCOeval` warns of them. No object is made of a row that is in
 * columns.
 */
export function annotationTraps({ rows, anns, name }: GroundTruth): AnnotationTrap[] {
  const { length } = rows
  const traps: AnnotationTrap[] = []
  const add = (trap: string, { count, row }: Concerned, what: string) => {
    if (count === 0) return
    const annotations = count === 1 ? '1 annotation has' : `${count} annotations have`
    const first = rows.id(row)
    const place = `first annotation ${showId(first)} (image ${showId(rows.imageId(row))})`
    const message = `${name}: ${annotations} ${what.replace('FIRST', place)}`
    traps.push({ trap, count, first, message })
  }

  add(
    'id 0',
    concerned(length, (row) => numberOfId(rows.id(row)) === 0),
    'the id 0, FIRST; a match to it counts as unmatched, as in pycocotools; number annotations from 1',
  )
  const known = new Set<Id>()
  const isRepeated = (row: number) => known.size === known.add(rows.id(row)).size
  add(
    'repeated ids',
    concerned(anns.size < length ? length : 0, isRepeated),
    'the id of one before, FIRST; the last of an id is taken for all that have it, as in pycocotools; give each its own',
  )
  add(
    'ignore',
    concerned(length, (row) => rows.ignored(row) && rows.iscrowd(row) === 0),
    'ignore set, FIRST; that changes nothing, since iscrowd overwrites it, as in pycocotools; set iscrowd to 1 to leave such out',
  )
  const crowds = concerned(length, (row) => rows.iscrowd(row) !== 0)
  if (crowds.count === length)
    add(
      'only crowds',
      crowds,
      'iscrowd set, FIRST, and none is without it, so that nothing counts and every number is -1, as in pycocotools; set iscrowd to 0 for single objects',
    )
  return traps
}

/** Rows that are concerned: how many, and the first. */
interface Concerned {
  count: number
  row: number
}

function concerned(length: number, isConcerned: (row: number) => boolean): Concerned {
  const found = { count: 0, row: -1 }
  for (let row = 0; row < length; row++) {
    if (!isConcerned(row)) continue
    if (found.count++ === 0) found.row = row
  }
  return found
}
