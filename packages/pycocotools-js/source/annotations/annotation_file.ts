import type { CocoDataset } from '../types.js'
import type { GivenRows } from './annotation_rows.js'
import type { KeptRules } from './annotation_rules.js'

/**
 * An annotation file as it stands; of its contents, only that they are JSON and that lists hold
 * objects is checked.
 */
export interface AnnotationFile {
  /** All that the file holds but its annotations. */
  dataset: CocoDataset
  /** The annotations in file order; empty where the file has none. */
  rows: GivenRows
  hasAnnotations: boolean
  /** Rules that the annotations are known to keep, with `columns`. */
  keptRules?: KeptRules
  /** How the file of columns was used, with `columns`. */
  columns?: ColumnsUse
}

export interface ColumnsUse {
  /** Whether the annotations are from there. */
  wereRead: boolean
  /**
   * What was wrong with a file that was there, or with writing one: continues a sentence about it.
   */
  fault?: string
}
