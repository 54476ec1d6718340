export type Shapes = Readonly<Record<string, readonly number[]>>

/** How the tensors of a file fit those of a model, by name. */
export interface WeightMatch {
  /** Names in both, of one shape. */
  readonly matched: string[]
  /** Names in the model only. */
  readonly missing: string[]
  /** Names in the file only. */
  readonly unexpected: string[]
  /** Names in both, of different shapes. */
  readonly mismatched: { name: string; expected: readonly number[]; found: readonly number[] }[]
  /** Names in the file only, and nobody's loss. */
  readonly ignored: string[]
}

/** Counter that PyTorch's BatchNorm keeps and nothing here uses. */
const IGNORED = /(^|\.)num_batches_tracked$/

/**
 * Compares the tensors that a model, or another state, has with those that a file holds.
 * `num_batches_tracked` is ignored.
 *
 * @param expected shapes of the model, by name.
 * @param found shapes in the file, by name.
 */
export function matchWeights(expected: Shapes, found: Shapes): WeightMatch {
  const match: WeightMatch = {
    matched: [],
    missing: [],
    unexpected: [],
    mismatched: [],
    ignored: [],
  }
  for (const [name, shape] of Object.entries(expected)) {
    if (IGNORED.test(name)) continue
    if (!Object.hasOwn(found, name)) match.missing.push(name)
    else if (sameShape(shape, found[name])) match.matched.push(name)
    else match.mismatched.push({ name, expected: shape, found: found[name] })
  }
  for (const name of Object.keys(found)) {
    if (Object.hasOwn(expected, name)) continue
    if (IGNORED.test(name)) match.ignored.push(name)
    else match.unexpected.push(name)
  }
  return match
}

/** True when every tensor has its partner. */
export function isFullMatch({ missing, unexpected, mismatched }: WeightMatch): boolean {
  return missing.length === 0 && unexpected.length === 0 && mismatched.length === 0
}

/**
 * Match in words:
 * `12 of 240 tensors match; 228 missing (a, b, c, ...); 3 of another shape (d is [3], not [4])`.
 */
export function describeMatch(match: WeightMatch): string {
  const { matched, missing, mismatched } = match
  const total = matched.length + missing.length + mismatched.length
  return [`${matched.length} of ${total} tensors match`, ...describeMisses(match)].join('; ')
}

/**
 * A few words for each kind of tensor without a partner.
 *
 * @param options.note goes behind the kind, as in `2 missing without a reason (a, b)`.
 * @param options.shown at most this many names of a kind.
 */
export function describeMisses(
  { missing, unexpected, mismatched }: Pick<WeightMatch, 'missing' | 'unexpected' | 'mismatched'>,
  { note = '', shown = 3 }: { note?: string; shown?: number } = {},
): string[] {
  const shapes = mismatched.map(
    ({ name, expected, found }) => `${name} is [${found.join(', ')}], not [${expected.join(', ')}]`,
  )
  const kinds = { missing, unexpected, 'of another shape': shapes }
  return Object.entries(kinds).flatMap(([kind, names]) => {
    if (names.length === 0) return []
    const rest = names.length > shown ? ', ...' : ''
    return [`${names.length} ${kind}${note} (${names.slice(0, shown).join(', ')}${rest})`]
  })
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis])
}
