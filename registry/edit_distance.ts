/**
 * The one of `choices` that `word` was most likely meant to be; undefined if none is near.
 *
 * Near means that at most a third of the longer word (two letters in a short one) must be changed,
 * case apart. The first of equally near ones is returned.
 */
export function nearestWord(word: string, choices: readonly string[]): string | undefined {
  let nearest: string | undefined
  let smallest = Number.POSITIVE_INFINITY
  for (const choice of choices) {
    const distance = editDistance(word.toLowerCase(), choice.toLowerCase())
    const allowed = Math.max(2, Math.floor(Math.max(word.length, choice.length) / 3))
    if (distance < smallest && distance <= allowed && distance < choice.length) {
      nearest = choice
      smallest = distance
    }
  }
  return nearest
}

/** The least number of letters to insert, remove or replace that turns `from` into `to`. */
export function editDistance(from: string, to: string): number {
  // previous[j] is the distance between the letters of `from` read so far and the first j of `to`.
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (let i = 1; i <= from.length; i++) {
    const current = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = previous[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1)
      current[j] = Math.min(replaced, previous[j] + 1, current[j - 1] + 1)
    }
    previous = current
  }
  return previous[to.length]
}
