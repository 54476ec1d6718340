import type { StoredTensor } from '../weights/decode_tensor.js'

export type Tensors = Readonly<Record<string, StoredTensor>>

/** What becomes of a tensor whose layout is another one here. */
export interface TensorChange {
  /** Description in a few words, for the report. */
  readonly words: string
  /** @param all the tensors of the file, by the names they have in it. */
  apply(tensor: StoredTensor, all: Tensors): StoredTensor
}

/** One line of the table of a source: what names of it are called here. */
export type NameRule = Renamed | LeftOut

export interface Renamed {
  readonly from: RegExp
  /** `$1` and so on are the groups of `from`. */
  readonly to: string | ((match: RegExpExecArray) => string)
  readonly change?: TensorChange
}

/** Tensors that have no place here. */
export interface LeftOut {
  readonly from: RegExp
  readonly because: string
}

/** A library or repository whose names are known. */
export interface Source {
  readonly name: string
  /** A name that its files have and those of no source before it. */
  readonly sign: RegExp
  /** The first rule that fits a name counts; names without one stay. */
  readonly rules: readonly NameRule[]
  /**
   * What the weights do not show: where the structures differ and both have the same parameters.
   */
  readonly notes?: readonly string[]
}
