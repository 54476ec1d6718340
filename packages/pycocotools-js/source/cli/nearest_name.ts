/**
 * The one of `names` that `word` was most likely meant to be; undefined if more than two letters,
 * and more than a third of the longer word, would have to change.
 */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, changes: changesBetween(word.toLowerCase(), name) }))
    .filter(({ name, changes }) => changes <= Math.max(2, Math.max(word.length, name.length) / 3))
    .filter(({ name, changes }) => changes < name.length)
    .sort((a, b) => a.changes - b.changes)
  return near[0]?.name
}

/** Letters to insert, remove or replace (Levenshtein). */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j) // for no letter of `from`
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++)
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (letter === to[j] ? 0 : 1)))
    row = next
  }
  return row[to.length]
}
