import type { Id } from '../types.js'
import { NumberColumn } from './number_column.js'

/** An id for each row, number or text; undefined where none was set. */
export class IdColumn {
  private readonly numbers = new NumberColumn()
  /** By row; made when the first text comes. */
  private texts: (string | undefined)[] | null = null
  private readonly known: Map<string, string> | null

  /** @param repeats whether ids come again, as those of images do: a text is then kept once. */
  constructor({ repeats }: { repeats: boolean }) {
    this.known = repeats ? new Map() : null
  }

  get(row: number): Id | undefined {
    const value = this.numbers.get(row)
    return Number.isNaN(value) ? this.texts?.[row] : value
  }

  setNumber(row: number, value: number): void {
    this.numbers.set(row, value)
  }

  setText(row: number, text: string): void {
    this.texts ??= []
    while (this.texts.length < row) this.texts.push(undefined)
    const known = this.known?.get(text)
    if (known === undefined) this.known?.set(text, text)
    this.texts[row] = known ?? text
  }
}
