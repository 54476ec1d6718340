import { type Html, html } from '../html.js'

/** What is missing or doubtful at this place, a sentence each. */
export function notesList(notes: readonly string[]): Html | false {
  return (
    notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`
  )
}
