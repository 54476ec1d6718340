type Shapes = Readonly<Record<string, readonly number[]>>

/** How the tensors of a file fit those of a model, by name. */
export interface WeightMatch {
  /** In both, of one shape. */
  readonly matched: string[]
  /** In the model only. */
  readonly missing: string[]
  /** In the file only. */
  readonly unexpected: string[]
  /** In both, of different shapes. */
  readonly mismatched: { name: string; expected: readonly number[]; found: readonly number[] }[]
}

/** Counter that PyTorch's BatchNorm keeps and nothing here uses. */
const IGNORED = /(^|\.)num_batches_tracked$/

/** At most this many names of a kind are told. */
const SHOWN = 3

/**
 * Compares the tensors that a model has with those that a file holds. `num_batches_tracked` is
 * ignored.
 *
 * @param expected shapes of the model, by name.
 * @param found shapes in the file, by name.
 */
export function matchWeights(expected: Shapes, found: Shapes): WeightMatch {
  const match: WeightMatch = { matched: [], missing: [], unexpected: [], mismatched: [] }
  for (const [name, shape] of Object.entries(expected)) {
    if (IGNORED.test(name)) continue
    if (!Object.hasOwn(found, name)) match.missing.push(name)
    else if (sameShape(shape, found[name])) match.matched.push(name)
    else match.mismatched.push({ name, expected: shape, found: found[name] })
  }
  for (const name of Object.keys(found)) {
    if (!Object.hasOwn(expected, name) && !IGNORED.test(name)) match.unexpected.push(name)
  }
  return match
}

/** True when every tensor has its partner. */
export function isFullMatch({ missing, unexpected, mismatched }: WeightMatch): boolean {
  return missing.length === 0 && unexpected.length === 0 && mismatched.length === 0
}

/**
 * In words:
 * `12 of 240 tensors match; 228 missing (a, b, c, ...); 3 of another shape (d is [3], not [4])`.
 */
export function describeMatch({ matched, missing, unexpected, mismatched }: WeightMatch): string {
  const total = matched.length + missing.length + mismatched.length
  const shapes = mismatched.map(
    ({ name, expected, found }) => `${name} is [${found.join(', ')}], not [${expected.join(', ')}]`,
  )
  return [
    `${matched.length} of ${total} tensors match`,
    ...counted(missing, 'missing'),
    ...counted(unexpected, 'unexpected'),
    ...counted(shapes, 'of another shape'),
  ].join('; ')
}

function counted(names: readonly string[], kind: string): string[] {
  if (names.length === 0) return []
  const rest = names.length > SHOWN ? ', ...' : ''
  return [`${names.length} ${kind} (${names.slice(0, SHOWN).join(', ')}${rest})`]
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis])
}
