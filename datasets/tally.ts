import type { Id } from '../packages/pycocotools-js/source/types.js'

/** How many there are of a kind, and which is the first, by its id. */
export interface Count {
  count: number
  first: Id
}

/** Counts by reason, in the order in which the reasons came up. */
export type Tally = Record<string, Count>

/** Counts one more. */
export function tallyUp(tally: Tally, reason: string, id: Id): void {
  const known = tally[reason]
  if (known) known.count++
  else tally[reason] = { count: 1, first: id }
}

/** How many there are of all reasons. */
export function countOf(tally: Tally): number {
  return Object.values(tally).reduce((sum, { count }) => sum + count, 0)
}

/**
 * `2 flagged 'iscrowd' (first: annotation 12), 1 of area 0 (annotation 9)`; nothing for a tally
 * that is empty.
 */
export function tallyText(tally: Tally, what: string): string {
  return Object.entries(tally)
    .map(([reason, { count, first }]) => {
      const place = `${what} ${typeof first === 'string' ? JSON.stringify(first) : first}`
      return `${count} ${reason} (${count === 1 ? '' : 'first: '}${place})`
    })
    .join(', ')
}
