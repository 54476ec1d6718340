import type { SectionSink, SectionSource } from '../columns/column_sections.js'
import { jsonOf, parseJson } from '../columns/json_section.js'
import type { Id } from '../types.js'
import { NumberColumn } from './number_column.js'

/** An id for each row, number or text; undefined where none was set. */
export class IdColumn {
  private numbers = new NumberColumn()
  /** Texts by row; made when the first text comes. */
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
  save(sink: SectionSink, name: string): void {
    this.numbers.save(sink, name)
    if (this.texts) sink.add(`${name}.texts`, [jsonOf(this.texts)], {})
    else sink.add(`${name}.texts`, [], {})
  }

  static restore(source: SectionSource, name: string, options: { repeats: boolean }): IdColumn {
    const column = new IdColumn(options)
    const { bytes } = source.section(`${name}.texts`)
    if (bytes.length > 0)
      for (const [row, text] of (parseJson(bytes) as (string | null)[]).entries())
        if (text !== null) column.setText(row, text)
    column.numbers = NumberColumn.restore(source, name)
    return column
  }
}
